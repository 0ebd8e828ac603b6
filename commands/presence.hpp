#pragma once

#include <cstdint>
#include <variant>

#include "commands/decider.hpp"
#include "parlour/presence/v1/events.pb.h"

// When an expert could be reached, one stream for each expert and day (UTC). Only changes that
// outlasted the grace come here; who is to be reached this moment is the gateway's affair.
namespace commands {

enum class Reach : std::uint8_t { kOffline, kOnline, kBusy };

struct RecordReach {
    events::Uuid expert;
    Reach from{};  // as last recorded; looked at by a day's first event only
    Reach to{};
    parlour::presence::v1::OfflineReason reason{};  // with kOffline
    parlour::presence::v1::BusyCause cause{};       // with kBusy
};

struct Presence {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_PRESENCE;
    using Event = parlour::presence::v1::PresenceEvent;
    using Command = std::variant<RecordReach>;
    enum class Rejection : std::uint8_t { kReasonMissing };
    struct State {
        bool known = false;  // something was recorded this day
        Reach reach{};
    };

    static Decision<Presence> decide(const State& state,
                                     const Command& command,
                                     const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands

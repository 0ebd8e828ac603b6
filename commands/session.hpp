#pragma once

#include <cstdint>
#include <variant>

#include "commands/decider.hpp"
#include "events/crypto.hpp"
#include "parlour/session/v1/events.pb.h"

// A log-in: begun once, ended once. That its time is over needs no event.
namespace commands {

struct StartSession {
    events::Uuid account;
    events::Digest token_sha256{};
    std::int64_t expires_ms = 0;
    events::Uuid credential;  // of the password that was shown
};

struct EndSession {
    parlour::session::v1::SessionEnd reason{};  // not the unspecified one
};

struct Session {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_SESSION;
    using Event = parlour::session::v1::SessionEvent;
    using Command = std::variant<StartSession, EndSession>;
    enum class Rejection : std::uint8_t { kAlreadyStarted, kNotStarted, kReasonUnspecified };
    struct State {
        bool started = false;
        bool ended = false;
    };

    static Decision<Session> decide(const State& state,
                                    const Command& command,
                                    const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands

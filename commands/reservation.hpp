#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "commands/decider.hpp"
#include "parlour/reservation/v1/events.pb.h"

// Something that only one may have, such as an e-mail address: held first, then kept or given back.
// Who holds it is a stream of some tenant, and what becomes of that decides; so nothing here is
// given back because time is over, only by a command of whoever has looked at the holder.
namespace commands {

struct Holder {
    events::TenantId tenant;
    events::Uuid id;
    friend bool operator==(const Holder&, const Holder&) = default;
};

struct Reserve {
    Holder holder;
    std::int64_t confirm_before_ms = 0;  // when somebody should look what became of the holder
};

struct ConfirmReservation {
    Holder holder;
};

struct ReleaseReservation {
    Holder holder;
    parlour::reservation::v1::ReleaseReason reason{};  // not the unspecified one
};

struct Reservation {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_RESERVATION;
    using Event = parlour::reservation::v1::ReservationEvent;
    using Command = std::variant<Reserve, ConfirmReservation, ReleaseReservation>;
    enum class Rejection : std::uint8_t { kTaken, kNotHeld, kReasonUnspecified };
    struct State {
        std::optional<Holder> holder;
        bool confirmed = false;
    };

    static Decision<Reservation> decide(const State& state,
                                        const Command& command,
                                        const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands

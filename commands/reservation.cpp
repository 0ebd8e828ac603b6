#include "commands/reservation.hpp"

namespace commands {
namespace {

using Event = Reservation::Event;
using Rejection = Reservation::Rejection;
using State = Reservation::State;

Decision<Reservation> decide_one(const State& state, const Reserve& reserve) {
    if (state.holder == reserve.holder) return std::vector<Event>{};
    if (state.holder) return std::unexpected(Rejection::kTaken);
    Event event;
    auto& reserved = *event.mutable_reserved();
    reserved.set_holder_tenant(std::string(reserve.holder.tenant.view()));
    reserved.set_holder_id(std::string(reserve.holder.id.view()));
    reserved.set_confirm_before_unix_ms(reserve.confirm_before_ms);
    return std::vector{std::move(event)};
}

Decision<Reservation> decide_one(const State& state, const ConfirmReservation& confirm) {
    if (state.holder != confirm.holder) return std::unexpected(Rejection::kNotHeld);
    if (state.confirmed) return std::vector<Event>{};
    Event event;
    event.mutable_reservation_confirmed();
    return std::vector{std::move(event)};
}

Decision<Reservation> decide_one(const State& state, const ReleaseReservation& release) {
    if (release.reason == parlour::reservation::v1::RELEASE_REASON_UNSPECIFIED) {
        return std::unexpected(Rejection::kReasonUnspecified);
    }
    if (state.holder != release.holder) return std::vector<Event>{};
    Event event;
    event.mutable_reservation_released()->set_reason(release.reason);
    return std::vector{std::move(event)};
}

}  // namespace

Decision<Reservation> Reservation::decide(const State& state,
                                          const Command& command,
                                          const Context&) {
    return std::visit([&](const auto& one) { return decide_one(state, one); }, command);
}

void Reservation::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kReserved: {
            const auto tenant = events::TenantId::from_bytes(event.reserved().holder_tenant());
            const auto id = events::Uuid::from_bytes(event.reserved().holder_id());
            if (tenant && id) state.holder = Holder{.tenant = *tenant, .id = *id};
            break;
        }
        case Event::kReservationConfirmed:
            state.confirmed = true;
            break;
        case Event::kReservationReleased:
            state = State{};
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Reservation::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kTaken:
            return {RefusalKind::kConflict, "taken", "Somebody else has it already."};
        case Rejection::kNotHeld:
            return {RefusalKind::kNotFound, "not-reserved", "It is not reserved for this holder."};
        case Rejection::kReasonUnspecified:
            return {RefusalKind::kRefused, "reason-unspecified", "A reason must be named."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands

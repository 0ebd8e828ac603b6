#include "commands/reservation.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "tests/support/given.hpp"

namespace {

using namespace commands;
using namespace parlour::reservation::v1;
using Event = Reservation::Event;
using Rejection = Reservation::Rejection;

using Given = test_support::Given<Reservation>;

const Holder kMine{.tenant = {.bytes = {1}}, .id = {.bytes = {2}}};
const Holder kOther{.tenant = {.bytes = {1}}, .id = {.bytes = {3}}};

Event reserved(const Holder& holder = kMine) {
    Event event;
    event.mutable_reserved()->set_holder_tenant(std::string(holder.tenant.view()));
    event.mutable_reserved()->set_holder_id(std::string(holder.id.view()));
    event.mutable_reserved()->set_confirm_before_unix_ms(5);
    return event;
}
Event confirmed() {
    Event event;
    event.mutable_reservation_confirmed();
    return event;
}
Event released(ReleaseReason reason) {
    Event event;
    event.mutable_reservation_released()->set_reason(reason);
    return event;
}
Reserve reserve(const Holder& holder) {
    return {.holder = holder, .confirm_before_ms = 5};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reservation)

// A01
BOOST_AUTO_TEST_CASE(only_one_gets_it) {
    Given{}.when(reserve(kMine)).then({reserved()});
    Given{{reserved()}}.when(reserve(kMine)).then_nothing();
    Given{{reserved()}}.when(reserve(kOther)).then_rejected(Rejection::kTaken);
    Given{{reserved(), confirmed()}}.when(reserve(kOther)).then_rejected(Rejection::kTaken);
}

BOOST_AUTO_TEST_CASE(it_is_kept_by_its_holder_only) {
    Given{{reserved()}}.when(ConfirmReservation{kMine}).then({confirmed()});
    Given{{reserved(), confirmed()}}.when(ConfirmReservation{kMine}).then_nothing();
    Given{{reserved()}}.when(ConfirmReservation{kOther}).then_rejected(Rejection::kNotHeld);
    Given{}.when(ConfirmReservation{kMine}).then_rejected(Rejection::kNotHeld);
}

BOOST_AUTO_TEST_CASE(it_is_free_again_once_its_holder_gives_it_back) {
    const auto expire = [](const Holder& holder) {
        return ReleaseReservation{.holder = holder, .reason = RELEASE_REASON_EXPIRED};
    };
    Given{{reserved()}}.when(expire(kMine)).then({released(RELEASE_REASON_EXPIRED)});
    Given{{reserved()}}.when(expire(kOther)).then_nothing();
    Given{}.when(expire(kMine)).then_nothing();
    Given{{reserved(), confirmed(), released(RELEASE_REASON_ERASED)}}
        .when(reserve(kOther))
        .then({reserved(kOther)});
    Given{{reserved(), confirmed(), released(RELEASE_REASON_ERASED), reserved(kOther)}}
        .when(ConfirmReservation{kOther})
        .then({confirmed()});
    Given{{reserved()}}
        .when(ReleaseReservation{.holder = kMine, .reason = {}})
        .then_rejected(Rejection::kReasonUnspecified);
}

BOOST_AUTO_TEST_SUITE_END()

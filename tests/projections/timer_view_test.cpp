#include "projections/timer_view.hpp"

#include <boost/test/unit_test.hpp>

#include "parlour/account/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"
#include "parlour/mail/v1/events.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "tests/projections/world.hpp"

using namespace projections_test;
using parlour::account::v1::AccountEvent;
using parlour::mail::v1::MailEvent;
using parlour::reservation::v1::ReservationEvent;
using projections::Timer;
using projections::TimerKind;

namespace {

constexpr std::size_t kMany = 100;

struct Given : World {
    projections::TimerView timers;
    std::unique_ptr<projections::Store> store = open_store();

    static events::StreamId stream(events::StreamKind kind, std::uint8_t number) {
        return {.kind = kind, .uuid = uuid_of(number)};
    }
    std::vector<Timer> due(TimerKind kind, std::int64_t until, std::size_t limit = kMany) {
        projections::Runner runner(log, partitions, *store, {&timers});
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
        return timers.due(*store, kind, until, limit).value();
    }
};

const auto kMailKind = parlour::log::v1::STREAM_KIND_MAIL;
const auto kAccountKind = parlour::log::v1::STREAM_KIND_ACCOUNT;
const auto kReservationKind = parlour::log::v1::STREAM_KIND_RESERVATION;

MailEvent queued() {
    MailEvent event;
    event.mutable_mail_queued()->set_locale("en");
    return event;
}

MailEvent failed(std::int64_t next_attempt) {
    MailEvent event;
    event.mutable_mail_failed()->set_next_attempt_unix_ms(next_attempt);
    return event;
}

ReservationEvent reserved(std::int64_t until) {
    ReservationEvent event;
    event.mutable_reserved()->set_confirm_before_unix_ms(until);
    return event;
}

ConversationEvent from_widget() {
    auto event = opened();
    event.mutable_conversation_opened()->set_channel(parlour::conversation::v1::CHANNEL_WIDGET);
    return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(timer_view, Given)

// A10
BOOST_AUTO_TEST_CASE(an_open_invitation_is_due_when_its_time_is_over) {
    constexpr auto kKind = parlour::log::v1::STREAM_KIND_INVITATION;
    parlour::invitation::v1::InvitationEvent sent;
    sent.mutable_invitation_sent()->set_valid_until_unix_ms(5'000);
    given.commit(tenant, stream(kKind, 1), sent);
    given.commit(tenant, stream(kKind, 2), sent);
    parlour::invitation::v1::InvitationEvent withdrawn;
    withdrawn.mutable_invitation_withdrawn();
    given.commit(tenant, stream(kKind, 2), withdrawn);
    BOOST_TEST(due(TimerKind::kInvitation, 4'999).empty());
    const auto timers_due = due(TimerKind::kInvitation, 5'000);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST((timers_due[0].stream == stream(kKind, 1)));
}

BOOST_AUTO_TEST_CASE(a_timer_is_due_from_its_time_on) {
    given.commit(tenant, stream(kReservationKind, 1), reserved(5'000));
    BOOST_TEST(due(TimerKind::kReservation, 4'999).empty());
    const auto timers_due = due(TimerKind::kReservation, 5'000);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST((timers_due[0].tenant == tenant));
    BOOST_TEST((timers_due[0].stream == stream(kReservationKind, 1)));
    BOOST_TEST(timers_due[0].version.value == 1U);
    BOOST_TEST(timers_due[0].at_unix_ms == 5'000);
}

BOOST_AUTO_TEST_CASE(timers_come_earliest_first_and_not_more_than_asked_for) {
    given.commit(tenant, stream(kReservationKind, 1), reserved(3'000));
    given.commit(tenant_of(2), stream(kReservationKind, 2), reserved(1'000));
    given.commit(tenant, stream(kReservationKind, 3), reserved(2'000));
    const auto timers_due = due(TimerKind::kReservation, 9'000, 2);
    BOOST_TEST_REQUIRE(timers_due.size() == 2U);
    BOOST_TEST(timers_due[0].at_unix_ms == 1'000);
    BOOST_TEST(timers_due[1].at_unix_ms == 2'000);
}

// CPL25
BOOST_AUTO_TEST_CASE(a_later_event_replaces_the_timer_and_its_version) {
    given.commit(tenant, stream(kMailKind, 1), queued());
    given.commit(tenant, stream(kMailKind, 1), failed(given.time_unix_ms + 60'000));
    BOOST_TEST(due(TimerKind::kMail, given.time_unix_ms).empty());
    const auto timers_due = due(TimerKind::kMail, given.time_unix_ms + 60'000);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST(timers_due[0].version.value == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_done_is_due_no_more) {
    MailEvent sent;
    sent.mutable_mail_sent();
    given.commit(tenant, stream(kMailKind, 1), queued());
    given.commit(tenant, stream(kMailKind, 1), sent);
    ReservationEvent released;
    released.mutable_reservation_released();
    given.commit(tenant, stream(kReservationKind, 2), reserved(1'000));
    given.commit(tenant, stream(kReservationKind, 2), released);
    AccountEvent requested;
    requested.mutable_email_confirmation_requested()->set_valid_until_unix_ms(1'000);
    AccountEvent confirmed;
    confirmed.mutable_email_confirmed();
    given.commit(tenant, stream(kAccountKind, 3), requested, confirmed);
    const auto later = given.time_unix_ms * 2;
    BOOST_TEST(due(TimerKind::kMail, later).empty());
    BOOST_TEST(due(TimerKind::kReservation, later).empty());
    BOOST_TEST(due(TimerKind::kConfirmation, later).empty());
    BOOST_TEST(rows_of(*store, timers, partitions).size() == 1U);  // the position
}

// E04
BOOST_AUTO_TEST_CASE(the_first_unread_message_sets_the_time_and_reading_the_last_clears_it) {
    const auto first = given.time_unix_ms;
    given.commit(tenant, conversation_of(1), from_widget(), said("one"));
    given.time_unix_ms += 1'000;
    given.commit(tenant, conversation_of(1), said("two"));
    auto timers_due = due(TimerKind::kUnreadByExpert, first);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST(timers_due[0].at_unix_ms == first);
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_EXPERT, 2));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, given.time_unix_ms).size() == 1U);
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_EXPERT, 3));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, given.time_unix_ms).empty());
}

// CPL25
BOOST_AUTO_TEST_CASE(when_some_were_read_the_last_message_waits_its_own_time) {
    given.commit(tenant, conversation_of(1), from_widget(), said("one"));
    given.time_unix_ms += 1'000;
    given.commit(tenant, conversation_of(1), said("two"));
    const auto second = given.time_unix_ms;
    given.time_unix_ms += 1'000;
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_EXPERT, 2));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, second - 1).empty());
    const auto timers_due = due(TimerKind::kUnreadByExpert, second);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST(timers_due[0].at_unix_ms == second);
    BOOST_TEST(timers_due[0].version.value == 3U);
}

// CPL21
BOOST_AUTO_TEST_CASE(what_waits_too_long_gives_way_to_the_next_message) {
    given.commit(tenant, conversation_of(1), from_widget(), said("one"));
    const auto first = given.time_unix_ms;
    given.time_unix_ms += projections::kUnreadMailedForMs;
    given.commit(tenant, conversation_of(1), said("two"));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, first).size() == 1U);
    given.time_unix_ms += 1;
    given.commit(tenant, conversation_of(1), said("three"));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, given.time_unix_ms - 1).empty());
    const auto timers_due = due(TimerKind::kUnreadByExpert, given.time_unix_ms);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST(timers_due[0].version.value == 4U);
}

BOOST_AUTO_TEST_CASE(timers_of_before_a_time_are_left_out) {
    given.commit(tenant, stream(kReservationKind, 1), reserved(1'000));
    given.commit(tenant, stream(kReservationKind, 2), reserved(2'000));
    BOOST_TEST(due(TimerKind::kReservation, 2'000).size() == 2U);
    const auto later = timers.due(*store, TimerKind::kReservation, 2'000, kMany, 1'001).value();
    BOOST_TEST_REQUIRE(later.size() == 1U);
    BOOST_TEST(later[0].at_unix_ms == 2'000);
    BOOST_TEST(timers.due(*store, TimerKind::kReservation, 2'000, kMany, 1'000).value().size() ==
               2U);
}

// E02
BOOST_AUTO_TEST_CASE(an_answer_waits_for_the_visitor_and_no_longer_for_the_expert) {
    given.commit(tenant, conversation_of(1), from_widget(), said("one"));
    given.commit(tenant, conversation_of(1), said("two", Author::AUTHOR_EXPERT));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, given.time_unix_ms).empty());
    BOOST_TEST(due(TimerKind::kUnreadByVisitor, given.time_unix_ms).size() == 1U);
    ConversationEvent told;
    told.mutable_unread_mail_queued()->set_up_to_version(3);
    given.commit(tenant, conversation_of(1), told);
    BOOST_TEST(due(TimerKind::kUnreadByVisitor, given.time_unix_ms).empty());
}

// E02, CPL21
BOOST_AUTO_TEST_CASE(a_visitor_who_was_told_waits_for_nothing_before_it_reads) {
    given.commit(tenant, conversation_of(1), from_widget(), said("one", Author::AUTHOR_EXPERT));
    ConversationEvent told;
    told.mutable_unread_mail_queued()->set_up_to_version(2);
    given.commit(tenant, conversation_of(1), told, said("two", Author::AUTHOR_EXPERT));
    BOOST_TEST(due(TimerKind::kUnreadByVisitor, given.time_unix_ms).empty());
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_VISITOR, 1));
    BOOST_TEST(due(TimerKind::kUnreadByVisitor, given.time_unix_ms).empty());
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_VISITOR, 2));
    const auto timers_due = due(TimerKind::kUnreadByVisitor, given.time_unix_ms);
    BOOST_TEST_REQUIRE(timers_due.size() == 1U);
    BOOST_TEST(timers_due[0].version.value == 4U);
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_VISITOR, 4));
    BOOST_TEST(due(TimerKind::kUnreadByVisitor, given.time_unix_ms).empty());
    BOOST_TEST(rows_of(*store, timers, partitions).size() == 2U);  // its channel, the position
}

BOOST_AUTO_TEST_CASE(messages_of_an_integrators_conversation_set_no_timer) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    BOOST_TEST(due(TimerKind::kUnreadByExpert, given.time_unix_ms).empty());
}

BOOST_AUTO_TEST_SUITE_END()

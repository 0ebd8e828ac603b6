#include "commands/presence.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "tests/support/given.hpp"

namespace {

namespace v1 = parlour::presence::v1;
using commands::Presence;
using commands::Reach;
using commands::RecordReach;
using Rejection = Presence::Rejection;
using Given = test_support::Given<Presence>;

const events::Uuid kExpert{.bytes = {2}};

Presence::Event online() {
    Presence::Event event;
    event.mutable_expert_went_online()->set_expert_id(std::string(kExpert.view()));
    return event;
}

Presence::Event offline(v1::OfflineReason reason) {
    Presence::Event event;
    event.mutable_expert_went_offline()->set_expert_id(std::string(kExpert.view()));
    event.mutable_expert_went_offline()->set_reason(reason);
    return event;
}

Presence::Event busy(v1::BusyCause cause) {
    Presence::Event event;
    event.mutable_advisor_became_busy()->set_expert_id(std::string(kExpert.view()));
    event.mutable_advisor_became_busy()->set_cause(cause);
    return event;
}

Presence::Event free_again() {
    Presence::Event event;
    event.mutable_advisor_became_free()->set_expert_id(std::string(kExpert.view()));
    return event;
}

RecordReach to_offline(v1::OfflineReason reason, Reach from = Reach::kOnline) {
    return {.expert = kExpert, .from = from, .to = Reach::kOffline, .reason = reason, .cause = {}};
}

RecordReach to_online(Reach from) {
    return {.expert = kExpert, .from = from, .to = Reach::kOnline, .reason = {}, .cause = {}};
}

RecordReach to_busy(v1::BusyCause cause, Reach from) {
    return {.expert = kExpert, .from = from, .to = Reach::kBusy, .reason = {}, .cause = cause};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(presence)

// D01
BOOST_AUTO_TEST_CASE(an_expert_goes_online_and_offline) {
    Given{}.when(to_online(Reach::kOffline)).then({online()});
    Given{{online()}}
        .when(to_offline(v1::OFFLINE_REASON_REQUESTED))
        .then({offline(v1::OFFLINE_REASON_REQUESTED)});
}

// D04
BOOST_AUTO_TEST_CASE(the_end_of_a_lease_is_told_from_a_wish) {
    Given{{online()}}
        .when(to_offline(v1::OFFLINE_REASON_LEASE))
        .then({offline(v1::OFFLINE_REASON_LEASE)});
}

// D02
BOOST_AUTO_TEST_CASE(an_expert_becomes_busy_and_free) {
    Given{{online()}}
        .when(to_busy(v1::BUSY_CAUSE_CONVERSATIONS, Reach::kOnline))
        .then({busy(v1::BUSY_CAUSE_CONVERSATIONS)});
    Given{{online(), busy(v1::BUSY_CAUSE_SELF)}}.when(to_online(Reach::kBusy)).then({free_again()});
    Given{{online(), busy(v1::BUSY_CAUSE_SELF)}}
        .when(to_offline(v1::OFFLINE_REASON_REQUESTED))
        .then({offline(v1::OFFLINE_REASON_REQUESTED)});
}

// D02
BOOST_AUTO_TEST_CASE(who_becomes_busy_from_offline_went_online_with_it) {
    Given{{offline(v1::OFFLINE_REASON_LEASE)}}
        .when(to_busy(v1::BUSY_CAUSE_SELF, Reach::kOnline))
        .then({online(), busy(v1::BUSY_CAUSE_SELF)});
}

BOOST_AUTO_TEST_CASE(what_is_recorded_already_is_not_recorded_again) {
    Given{{online()}}.when(to_online(Reach::kOffline)).then_nothing();
    Given{{offline(v1::OFFLINE_REASON_LEASE)}}
        .when(to_offline(v1::OFFLINE_REASON_REQUESTED))
        .then_nothing();
    Given{{busy(v1::BUSY_CAUSE_SELF)}}
        .when(to_busy(v1::BUSY_CAUSE_CONVERSATIONS, Reach::kOnline))
        .then_nothing();
    Given{{busy(v1::BUSY_CAUSE_SELF), free_again()}}.when(to_online(Reach::kBusy)).then_nothing();
}

// A day's stream knows nothing of the day before; the command does.
BOOST_AUTO_TEST_CASE(the_first_change_of_a_day_goes_on_from_the_day_before) {
    Given{}.when(to_online(Reach::kBusy)).then({free_again()});
    Given{}.when(to_online(Reach::kOnline)).then_nothing();
    Given{}.when(to_busy(v1::BUSY_CAUSE_SELF, Reach::kOnline)).then({busy(v1::BUSY_CAUSE_SELF)});
}

BOOST_AUTO_TEST_CASE(a_change_without_its_reason_is_rejected) {
    Given{{online()}}
        .when(to_offline(v1::OFFLINE_REASON_UNSPECIFIED))
        .then_rejected(Rejection::kReasonMissing);
    Given{{online()}}
        .when(to_busy(v1::BUSY_CAUSE_UNSPECIFIED, Reach::kOnline))
        .then_rejected(Rejection::kReasonMissing);
}

BOOST_AUTO_TEST_SUITE_END()

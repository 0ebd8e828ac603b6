#include "gateway/session_hold.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using events::Uuid;
using gateway::holds;
using projections::AccountItem;
using projections::SessionItem;

constexpr std::int64_t kNow = 1'790'000'000'000;
const Uuid kSession{.bytes = {1}};
const Uuid kOld{.bytes = {2}};
const Uuid kNew{.bytes = {3}};

SessionItem begun_with(std::optional<Uuid> credential, std::int64_t started_ms = kNow - 10) {
    SessionItem session;
    session.id = kSession;
    session.started_ms = started_ms;
    session.expires_ms = kNow + 10;
    session.credential = credential;
    return session;
}

AccountItem account_of(const Uuid& credential, std::optional<Uuid> kept_session = std::nullopt) {
    AccountItem account;
    account.credential = credential;
    account.password_since_ms = kNow - 5;
    account.kept_session = kept_session;
    return account;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_hold)

// A04
BOOST_AUTO_TEST_CASE(a_session_holds_until_its_time_is_over) {
    BOOST_TEST(holds(begun_with(kOld), account_of(kOld), kNow));
    BOOST_TEST(holds(begun_with(kOld), account_of(kOld), kNow + 9));
    BOOST_TEST(!holds(begun_with(kOld), account_of(kOld), kNow + 10));
    BOOST_TEST(!holds(begun_with(kOld), account_of(kNew, kSession), kNow + 10));
}

// A08: also one that began after the change, by somebody who had shown the old password before it.
BOOST_AUTO_TEST_CASE(a_session_begun_with_another_password_does_not_hold) {
    BOOST_TEST(!holds(begun_with(kOld), account_of(kNew), kNow));
    BOOST_TEST(!holds(begun_with(kOld, kNow - 1), account_of(kNew), kNow));
    BOOST_TEST(holds(begun_with(kNew, kNow - 9), account_of(kNew), kNow));
}

// A07
BOOST_AUTO_TEST_CASE(the_session_in_which_the_password_was_changed_goes_on_alone) {
    BOOST_TEST(holds(begun_with(kOld), account_of(kNew, kSession), kNow));
    BOOST_TEST(!holds(begun_with(kOld), account_of(kNew, Uuid{.bytes = {9}}), kNow));
}

// A08
BOOST_AUTO_TEST_CASE(of_a_session_that_does_not_say_its_password_the_time_tells) {
    BOOST_TEST(!holds(begun_with(std::nullopt, kNow - 6), account_of(kNew), kNow));
    BOOST_TEST(!holds(begun_with(std::nullopt, kNow - 5), account_of(kNew), kNow));
    BOOST_TEST(holds(begun_with(std::nullopt, kNow - 4), account_of(kNew), kNow));
}

BOOST_AUTO_TEST_SUITE_END()

#include "commands/session.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "tests/support/given.hpp"

namespace {

using namespace commands;
using namespace parlour::session::v1;
using Event = Session::Event;
using Rejection = Session::Rejection;

using Given = test_support::Given<Session>;

const events::Uuid kAccount{.bytes = {1}};
const events::Uuid kCredential{.bytes = {2}};

Event started() {
    const auto digest = events::sha256({"token"});
    Event event;
    event.mutable_session_started()->set_account_id(std::string(kAccount.view()));
    event.mutable_session_started()->set_token_sha256(digest.data(), digest.size());
    event.mutable_session_started()->set_expires_unix_ms(9);
    event.mutable_session_started()->set_credential_id(std::string(kCredential.view()));
    return event;
}
Event ended(SessionEnd reason) {
    Event event;
    event.mutable_session_ended()->set_reason(reason);
    return event;
}
StartSession start() {
    return {.account = kAccount,
            .token_sha256 = events::sha256({"token"}),
            .expires_ms = 9,
            .credential = kCredential};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session)

// A04
BOOST_AUTO_TEST_CASE(a_session_is_begun_once) {
    Given{}.when(start()).then({started()});
    Given{{started()}}.when(start()).then_rejected(Rejection::kAlreadyStarted);
    Given{{started(), ended(SESSION_END_LOGGED_OUT)}}.when(start()).then_rejected(
        Rejection::kAlreadyStarted);
}

// A04
BOOST_AUTO_TEST_CASE(a_session_is_ended_once_with_its_reason) {
    Given{{started()}}.when(EndSession{SESSION_END_REVOKED}).then({ended(SESSION_END_REVOKED)});
    Given{{started(), ended(SESSION_END_REVOKED)}}
        .when(EndSession{SESSION_END_LOGGED_OUT})
        .then_nothing();
    Given{}.when(EndSession{SESSION_END_REVOKED}).then_rejected(Rejection::kNotStarted);
    Given{{started()}}
        .when(EndSession{SESSION_END_UNSPECIFIED})
        .then_rejected(Rejection::kReasonUnspecified);
}

BOOST_AUTO_TEST_SUITE_END()

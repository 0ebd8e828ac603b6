#include "projections/session_view.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/people_world.hpp"

using namespace projections_test;

namespace {

events::StreamId session(std::uint8_t number) {
    return stream_of(parlour::log::v1::STREAM_KIND_SESSION, number);
}

struct SessionWorld : PeopleWorld {
    std::vector<events::Uuid> sessions_of(std::uint8_t account) {
        const auto store = open_store();
        read(*store);
        std::vector<events::Uuid> ids;
        const auto items = sessions.of_account(*store, tenant, uuid_of(account));
        BOOST_TEST_REQUIRE(items.has_value());
        for (const auto& item : *items) ids.push_back(item.id);
        return ids;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(session_view, SessionWorld)

// A04
BOOST_AUTO_TEST_CASE(a_session_is_found_in_its_company_until_it_ends) {
    given.commit(tenant, session(1), started(21, now_ms));
    {
        const auto store = open_store();
        read(*store);
        const auto found = sessions.find(*store, tenant, uuid_of(1)).value();
        BOOST_TEST_REQUIRE(found.has_value());
        BOOST_TEST((found->account == uuid_of(21)));
        BOOST_TEST((found->token_sha256 == events::sha256({"token"})));
        BOOST_TEST(found->expires_ms == now_ms);
        BOOST_TEST(found->started_ms == given.time_unix_ms);
        BOOST_TEST(!sessions.find(*store, tenant_of(2), uuid_of(1)).value().has_value());
    }
    given.commit(tenant, session(1), ended());
    const auto store = open_store();
    read(*store);
    BOOST_TEST(!sessions.find(*store, tenant, uuid_of(1)).value().has_value());
}

// A04
BOOST_AUTO_TEST_CASE(the_sessions_of_an_account_are_listed_without_those_that_ended) {
    given.commit(tenant, session(1), started(21, now_ms));
    given.commit(tenant, session(2), started(22, now_ms));
    given.commit(tenant, session(3), started(21, now_ms));
    BOOST_TEST((sessions_of(21) == std::vector{uuid_of(1), uuid_of(3)}));
    given.commit(tenant, session(1), ended());
    BOOST_TEST((sessions_of(21) == std::vector{uuid_of(3)}));
    given.commit(tenant, session(3), ended());
    BOOST_TEST(sessions_of(21).empty());
}

// A08
BOOST_AUTO_TEST_CASE(a_session_says_the_password_it_was_begun_with_if_it_knows) {
    auto event = started(21, now_ms);
    event.mutable_session_started()->set_credential_id(text_of(uuid_of(70)));
    given.commit(tenant, session(1), event);
    given.commit(tenant, session(2), started(21, now_ms));
    const auto store = open_store();
    read(*store);
    BOOST_TEST((sessions.find(*store, tenant, uuid_of(1)).value()->credential == uuid_of(70)));
    BOOST_TEST(!sessions.find(*store, tenant, uuid_of(2)).value()->credential.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_over_leaves_with_the_next_log_in) {
    const auto start_ms = given.time_unix_ms;
    given.commit(tenant, session(1), started(21, start_ms + 10));
    given.commit(tenant, session(2), started(21, start_ms + 99));
    given.time_unix_ms = start_ms + 10;
    given.commit(tenant, session(3), started(21, start_ms + 99));
    BOOST_TEST((sessions_of(21) == std::vector{uuid_of(2), uuid_of(3)}));
    const auto store = open_store();
    BOOST_TEST(!sessions.find(*store, tenant, uuid_of(1)).value().has_value());
    given.commit(tenant, session(1), ended());
    read(*store);
}

BOOST_AUTO_TEST_SUITE_END()

#include "projections/roster_view.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/people_world.hpp"

using namespace projections_test;
using namespace parlour::views::v1;
using parlour::log::v1::STREAM_KIND_INVITATION;

BOOST_FIXTURE_TEST_SUITE(roster_view, PeopleWorld)

// A10, A11
BOOST_AUTO_TEST_CASE(an_expert_is_invited_joins_and_comes_and_goes) {
    given.commit(tenant, expert_of(1), added("Ada"), invited());
    const auto store = open_store();
    read(*store);
    auto item = roster.find(*store, tenant, uuid_of(1)).value();
    BOOST_TEST((item->state == ROSTER_STATE_INVITED));
    BOOST_TEST((item->invitation == uuid_of(80)));
    BOOST_TEST(!roster.of_account(*store, tenant, uuid_of(21)).value().has_value());
    BOOST_TEST(!experts.exists(*store, tenant, uuid_of(1)).value());
    BOOST_TEST(!experts.first(*store, tenant).has_value());

    given.commit(tenant, expert_of(1), joined(21));
    read(*store);
    item = roster.of_account(*store, tenant, uuid_of(21)).value();
    BOOST_TEST_REQUIRE(item.has_value());
    BOOST_TEST((item->expert == uuid_of(1)));
    BOOST_TEST((item->state == ROSTER_STATE_JOINED));
    BOOST_TEST(!roster.of_account(*store, tenant_of(2), uuid_of(21)).value().has_value());
    BOOST_TEST((experts.first(*store, tenant).value() == uuid_of(1)));

    given.commit(tenant, expert_of(1), deactivated());
    read(*store);
    BOOST_TEST(roster.find(*store, tenant, uuid_of(1)).value()->deactivated);
    BOOST_TEST(!experts.exists(*store, tenant, uuid_of(1)).value());
    BOOST_TEST(experts.list(*store, *keys, tenant, now_ms).value().empty());
    given.commit(tenant, expert_of(1), reactivated());
    read(*store);
    BOOST_TEST(!roster.find(*store, tenant, uuid_of(1)).value()->deactivated);
    BOOST_TEST(experts.exists(*store, tenant, uuid_of(1)).value());
}

// A10
BOOST_AUTO_TEST_CASE(whose_invitation_is_over_is_invited_no_more) {
    InvitationEvent withdrawn;
    withdrawn.mutable_invitation_withdrawn();
    InvitationEvent expired;
    expired.mutable_invitation_expired();
    for (const auto& over : {withdrawn, expired}) {
        const auto number = static_cast<std::uint8_t>(over.has_invitation_expired() ? 2 : 1);
        auto invited_by = invited();
        const auto invitation = uuid_of(static_cast<std::uint8_t>(90 + number));
        invited_by.mutable_expert_invited()->set_invitation_id(text_of(invitation));
        given.commit(tenant, expert_of(number), added("Ada"), invited_by);
        given.commit(tenant, {.kind = STREAM_KIND_INVITATION, .uuid = invitation}, sent(99), over);
    }
    // Of the invitation of somebody who is no expert, or joined, nothing is said.
    given.commit(tenant, stream_of(STREAM_KIND_INVITATION, 95), sent(99), withdrawn);
    given.commit(tenant, expert_of(3), added("Eve"), invited(), joined(21));
    given.commit(tenant, stream_of(STREAM_KIND_INVITATION, 80), sent(99), withdrawn);
    const auto store = open_store();
    read(*store);
    const auto state = [&](std::uint8_t number) {
        return roster.find(*store, tenant, uuid_of(number)).value()->state;
    };
    BOOST_TEST((state(1) == ROSTER_STATE_LAPSED));
    BOOST_TEST((state(2) == ROSTER_STATE_LAPSED));
    BOOST_TEST((state(3) == ROSTER_STATE_JOINED));
}

// A10
BOOST_AUTO_TEST_CASE(the_roster_names_everybody_in_the_order_they_came) {
    given.commit(tenant, expert_of(9), added("Nina"));
    given.time_unix_ms += 1;
    given.commit(tenant, expert_of(2), added("Zoë"), invited());
    given.commit(tenant_of(2), expert_of(3), added("Foreign"));
    const auto store = open_store();
    read(*store);
    const auto list = roster.list(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(list.size() == 2U);
    BOOST_TEST(list[0].name->reveal() == "Nina");
    BOOST_TEST((list[0].state == ROSTER_STATE_ADDED));
    BOOST_TEST(list[1].name->reveal() == "Zoë");
    BOOST_TEST(list[1].email->reveal() == "expert@example.org");
    for (const auto& [key, value] : rows_of(*store, roster, partitions)) {
        BOOST_TEST((key + value).find("Nina") == std::string::npos);
    }
}

// A10
BOOST_AUTO_TEST_CASE(an_invitation_is_shown_with_what_became_of_it) {
    const auto stream = stream_of(STREAM_KIND_INVITATION, 80);
    given.commit(tenant, stream, sent(99));
    const auto store = open_store();
    read(*store);
    const auto open = invitations.find(*store, *keys, tenant, uuid_of(80), now_ms).value();
    BOOST_TEST_REQUIRE(open.has_value());
    BOOST_TEST(open->name->reveal() == "Ben Canary");
    BOOST_TEST(open->email->reveal() == "ben@canary.example");
    BOOST_TEST((open->token_sha256 == events::sha256({"token"})));
    BOOST_TEST(open->valid_until_ms == 99);
    BOOST_TEST((open->mail == uuid_of(81)));
    BOOST_TEST((open->expert == uuid_of(82)));
    BOOST_TEST((open->state == INVITATION_STATE_OPEN));
    BOOST_TEST(
        !invitations.find(*store, *keys, tenant_of(2), uuid_of(80), now_ms).value().has_value());

    InvitationEvent accepted;
    accepted.mutable_invitation_accepted()->set_account_id(text_of(uuid_of(21)));
    given.commit(tenant, stream, accepted);
    InvitationEvent withdrawn;
    withdrawn.mutable_invitation_withdrawn();
    given.time_unix_ms += 1;
    given.commit(tenant, stream_of(STREAM_KIND_INVITATION, 1), sent(99), withdrawn);
    read(*store);
    const auto list = invitations.list(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(list.size() == 2U);
    BOOST_TEST((list[0].state == INVITATION_STATE_ACCEPTED));
    BOOST_TEST((list[0].account == uuid_of(21)));
    BOOST_TEST((list[1].state == INVITATION_STATE_WITHDRAWN));
    for (const auto& [key, value] : rows_of(*store, invitations, partitions)) {
        BOOST_TEST((key + value).find("anary") == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

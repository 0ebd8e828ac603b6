#include "projections/expert_directory.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Errc;

BOOST_FIXTURE_TEST_SUITE(expert_directory, World)

BOOST_AUTO_TEST_CASE(experts_are_listed_in_the_order_they_were_added) {
    given.commit(tenant, expert_of(9), added("Nina"));
    given.commit(tenant, conversation_of(1), opened());
    given.commit(tenant, expert_of(2), added("Zoë"));
    given.commit(tenant_of(2), expert_of(1), added("Foreign"));
    given.commit(tenant, expert_of(5), added("Amir"));
    const auto store = open_store();
    read_into(*store);

    const auto list = experts.list(*store, *keys, tenant, now_ms);
    BOOST_TEST_REQUIRE(list.has_value());
    BOOST_TEST_REQUIRE(list->size() == 3U);
    BOOST_TEST(((*list)[0].id == uuid_of(9)));
    BOOST_TEST((*list)[0].name->reveal() == "Nina");
    BOOST_TEST(((*list)[1].id == uuid_of(2)));
    BOOST_TEST((*list)[1].name->reveal() == "Zoë");
    BOOST_TEST(((*list)[2].id == uuid_of(5)));
    BOOST_TEST((*list)[2].name->reveal() == "Amir");
    BOOST_TEST((experts.first(*store, tenant).value() == uuid_of(9)));
    BOOST_TEST((experts.first(*store, tenant_of(2)).value() == uuid_of(1)));
}

// More than 256 commits lie between the two, so that an order by the last byte of the seq would
// show.
BOOST_AUTO_TEST_CASE(the_order_holds_over_many_commits) {
    given.commit(tenant, expert_of(9), added("first"));
    given.commit(tenant, conversation_of(1), opened());
    for (int i = 0; i < 300; ++i) given.commit(tenant, conversation_of(1), said("between"));
    given.commit(tenant, expert_of(1), added("second"));
    const auto store = open_store();
    read_into(*store);
    const auto list = experts.list(*store, *keys, tenant, now_ms);
    BOOST_TEST_REQUIRE(list->size() == 2U);
    BOOST_TEST((*list)[0].name->reveal() == "first");
    BOOST_TEST((*list)[1].name->reveal() == "second");
}

BOOST_AUTO_TEST_CASE(an_expert_exists_in_its_own_company_only) {
    given.commit(tenant, expert_of(9), added("Nina"));
    given.void_commit(tenant, expert_of(8), added("Void"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST(experts.exists(*store, tenant, uuid_of(9)).value());
    BOOST_TEST(!experts.exists(*store, tenant, uuid_of(8)).value());
    BOOST_TEST(!experts.exists(*store, tenant_of(2), uuid_of(9)).value());
}

BOOST_AUTO_TEST_CASE(a_company_without_experts_has_no_first_one) {
    given.commit(tenant_of(2), expert_of(9), added("Foreign"));
    const auto store = open_store();
    read_into(*store);
    const auto first = experts.first(*store, tenant);
    BOOST_TEST_REQUIRE(!first);
    BOOST_TEST((first.error().code == Errc::kNotFound));
    BOOST_TEST(experts.list(*store, *keys, tenant, now_ms).value().empty());
}

BOOST_AUTO_TEST_CASE(an_erased_key_gives_an_erased_name) {
    const auto gone = given.commit(tenant, expert_of(9), added("Nina"));
    given.commit(tenant, expert_of(8), added("Zoë"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, gone.key_id, given.claim_in_force(gone.partition)).has_value());
    const auto list = experts.list(*store, *keys, tenant, now_ms);
    BOOST_TEST_REQUIRE(list->size() == 2U);
    BOOST_TEST(!(*list)[0].name.has_value());
    BOOST_TEST((*list)[1].name->reveal() == "Zoë");
}

BOOST_AUTO_TEST_SUITE_END()

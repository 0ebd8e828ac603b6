#include "projections/card_view.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

#include "tests/projections/world.hpp"

using namespace projections_test;

namespace {

struct Cards : World {
    static ExpertEvent published(std::uint8_t id, const std::string& slug) {
        ExpertEvent event;
        event.mutable_card_published()->set_slug_id(std::string(uuid_of(id).view()));
        event.mutable_card_published()->set_slug(slug);
        return event;
    }
    static ExpertEvent moved(std::uint8_t id, const std::string& slug) {
        ExpertEvent event;
        event.mutable_card_slug_changed()->set_slug_id(std::string(uuid_of(id).view()));
        event.mutable_card_slug_changed()->set_slug(slug);
        return event;
    }
    static ExpertEvent unpublished() {
        ExpertEvent event;
        event.mutable_card_unpublished();
        return event;
    }
    void read(projections::Store& store) {
        projections::Runner runner(log, partitions, store, {&cards});
        const auto done = runner.catch_up();
        BOOST_TEST_REQUIRE(done.has_value(), (done ? "" : done.error().detail));
    }
    std::optional<projections::CardItem> find(projections::Store& store,
                                              std::uint8_t expert) const {
        return cards.find(store, *keys, tenant, uuid_of(expert), now_ms).value();
    }
    projections::CardView cards;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(card_view, Cards)

// C03
BOOST_AUTO_TEST_CASE(a_card_is_there_once_it_was_published_and_says_when_it_is_not_public) {
    given.commit(tenant, expert_of(9), added("Nina"));
    const auto store = open_store();
    read(*store);
    BOOST_TEST(!find(*store, 9));
    given.commit(tenant, expert_of(9), published(51, "nina"));
    read(*store);
    BOOST_TEST_REQUIRE(find(*store, 9).has_value());
    BOOST_TEST(find(*store, 9)->published);
    BOOST_TEST(find(*store, 9)->slug->reveal() == "nina");
    given.commit(tenant, expert_of(9), unpublished());
    read(*store);
    BOOST_TEST(!find(*store, 9)->published);
}

// C04
BOOST_AUTO_TEST_CASE(every_slug_there_was_names_the_expert_and_the_newest_is_shown) {
    given.commit(tenant, expert_of(9), added("Nina"));
    given.commit(tenant, expert_of(9), published(51, "nina"));
    given.commit(tenant, expert_of(9), moved(52, "nina-b"));
    const auto store = open_store();
    read(*store);
    for (const std::uint8_t slug : std::array<std::uint8_t, 2>{51, 52}) {
        BOOST_TEST((cards.expert_of(*store, tenant, uuid_of(slug)).value() == uuid_of(9)));
    }
    BOOST_TEST(!cards.expert_of(*store, tenant, uuid_of(53)).value());
    BOOST_TEST(!cards.expert_of(*store, tenant_of(2), uuid_of(51)).value());
    BOOST_TEST((find(*store, 9)->slug_id == uuid_of(52)));
    BOOST_TEST(find(*store, 9)->slug->reveal() == "nina-b");
}

// C03
BOOST_AUTO_TEST_CASE(an_erased_experts_card_has_no_slug) {
    given.commit(tenant, expert_of(9), added("Nina"));
    const auto gone = given.commit(tenant, expert_of(9), published(51, "nina"));
    const auto store = open_store();
    read(*store);
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, gone.key_id, given.claim_in_force(gone.partition)).has_value());
    BOOST_TEST(!find(*store, 9)->slug.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

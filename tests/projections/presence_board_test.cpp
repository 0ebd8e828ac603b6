#include "projections/presence_board.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <tuple>
#include <vector>

#include "tests/projections/world.hpp"

using namespace projections_test;
namespace presence_v1 = parlour::presence::v1;
namespace views = parlour::views::v1;

namespace {

constexpr std::uint8_t kExpert = 7;

struct Board : World {
    views::PresenceRow row() {
        read_into(*store);
        const auto found = presence.find(*store, tenant, uuid_of(kExpert));
        if (!found) throw std::runtime_error(found.error().detail);
        return *found;
    }

    std::unique_ptr<projections::Store> store = open_store();
};

std::string expert_bytes() {
    return std::string(uuid_of(kExpert).view());
}

PresenceEvent went_offline(presence_v1::OfflineReason reason) {
    PresenceEvent event;
    event.mutable_expert_went_offline()->set_expert_id(expert_bytes());
    event.mutable_expert_went_offline()->set_reason(reason);
    return event;
}

PresenceEvent became_busy() {
    PresenceEvent event;
    event.mutable_advisor_became_busy()->set_expert_id(expert_bytes());
    event.mutable_advisor_became_busy()->set_cause(presence_v1::BUSY_CAUSE_SELF);
    return event;
}

PresenceEvent became_free() {
    PresenceEvent event;
    event.mutable_advisor_became_free()->set_expert_id(expert_bytes());
    return event;
}

ExpertEvent takes(std::uint32_t conversations_max) {
    ExpertEvent event;
    event.mutable_conversation_capacity_changed()->set_conversations_max(conversations_max);
    return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(presence_board, Board)

// CPL24
BOOST_AUTO_TEST_CASE(an_expert_of_whom_nothing_was_recorded_is_offline) {
    BOOST_TEST((row().reach() == views::REACH_OFFLINE));
}

// D01
BOOST_AUTO_TEST_CASE(the_board_shows_what_was_recorded_last) {
    given.time_unix_ms = 1'790'000'005'000;
    given.commit(tenant, presence_of(1), went_online(kExpert));
    BOOST_TEST((row().reach() == views::REACH_ONLINE));
    BOOST_TEST(row().since_unix_ms() == 1'790'000'005'000);
    given.commit(tenant, presence_of(1), became_busy());
    BOOST_TEST((row().reach() == views::REACH_BUSY));
    BOOST_TEST((row().cause() == presence_v1::BUSY_CAUSE_SELF));
    given.commit(tenant, presence_of(1), became_free());
    BOOST_TEST((row().reach() == views::REACH_ONLINE));
    // Another day, another stream.
    given.commit(tenant, presence_of(2), went_offline(presence_v1::OFFLINE_REASON_LEASE));
    BOOST_TEST((row().reach() == views::REACH_OFFLINE));
    BOOST_TEST((row().reason() == presence_v1::OFFLINE_REASON_LEASE));
}

BOOST_AUTO_TEST_CASE(going_online_and_busy_in_one_commit_is_busy) {
    given.commit(tenant, presence_of(1), went_online(kExpert), became_busy());
    BOOST_TEST((row().reach() == views::REACH_BUSY));
}

// D02
BOOST_AUTO_TEST_CASE(an_expert_takes_any_number_of_conversations_until_one_is_set) {
    given.commit(tenant, expert_of(kExpert), added("Ada"));
    const auto most = [&] {
        read_into(*store);
        return presence.conversations_max(*store, tenant, uuid_of(kExpert)).value();
    };
    BOOST_TEST(most() == 0U);
    given.commit(tenant, expert_of(kExpert), takes(3));
    BOOST_TEST(most() == 3U);
    given.commit(tenant, expert_of(kExpert), takes(0));
    BOOST_TEST(most() == 0U);
}

BOOST_AUTO_TEST_CASE(all_experts_of_all_tenants_are_walked_over) {
    given.commit(tenant, presence_of(1), went_online(1));
    given.commit(tenant, presence_of(2), went_online(2));
    given.commit(tenant_of(2), presence_of(3), went_online(1));
    given.commit(tenant, expert_of(4), added("Ada"), takes(4));
    read_into(*store);
    std::vector<std::tuple<events::TenantId, events::Uuid, views::Reach>> seen;
    const auto walked = presence.for_each(
        *store,
        [&](const events::TenantId& of,
            const events::Uuid& expert,
            const views::PresenceRow& found) { seen.emplace_back(of, expert, found.reach()); });
    BOOST_TEST_REQUIRE(walked.has_value());
    const decltype(seen) expected{{tenant, uuid_of(1), views::REACH_ONLINE},
                                  {tenant, uuid_of(2), views::REACH_ONLINE},
                                  {tenant_of(2), uuid_of(1), views::REACH_ONLINE}};
    BOOST_TEST((seen == expected));
}

BOOST_AUTO_TEST_SUITE_END()

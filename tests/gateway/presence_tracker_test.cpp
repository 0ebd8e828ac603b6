#include "gateway/presence_tracker.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/projections/world.hpp"

using namespace projections_test;
using commands::Reach;
using gateway::PresenceTracker;
namespace v1 = parlour::presence::v1;

namespace {

constexpr std::int64_t kSecond = 1'000;
const events::Uuid kAccount = uuid_of(9);

// A tracker whose clock stands still until it is moved. What it records is answered at once unless
// the log is said to be away.
struct Tracked : World {
    struct Recorded {
        commands::RecordReach change;
        std::optional<events::Uuid> account;
    };

    Tracked() { read_into(*store); }

    PresenceTracker make() {
        return PresenceTracker(
            {.store = *store,
             .board = presence,
             .conversations = conversations,
             .record =
                 [this](const PresenceTracker::ExpertRef&,
                        const commands::RecordReach& change,
                        std::optional<events::Uuid> account,
                        const std::function<void(bool)>& done) {
                     recorded.push_back({change, account});
                     done(log_answers);
                 },
             .on_change =
                 [this](const PresenceTracker::ExpertRef&, const gateway::ShownPresence& shown) {
                     changes.push_back(shown.reach);
                 },
             .now_ms = [this] { return now_ms; }},
            {});
    }
    void pass(std::int64_t seconds) {
        for (std::int64_t i = 0; i < seconds; ++i) {
            now_ms += kSecond;
            tracker.look();
        }
    }
    void want(Reach reach) { tracker.want(ada, reach, kAccount); }
    void take_at_most(std::uint32_t conversations) {
        ExpertEvent takes;
        takes.mutable_conversation_capacity_changed()->set_conversations_max(conversations);
        given.commit(tenant, expert_of(102), takes);
        read_into(*store);
    }
    [[nodiscard]] Reach shown() const { return tracker.shown(ada).reach; }
    [[nodiscard]] std::vector<Reach> recorded_reaches() const {
        std::vector<Reach> reaches;
        for (const auto& one : recorded) reaches.push_back(one.change.to);
        return reaches;
    }

    std::unique_ptr<projections::Store> store = open_store();
    std::vector<Recorded> recorded;
    std::vector<Reach> changes;
    bool log_answers = true;
    PresenceTracker::ExpertRef ada{.tenant = tenant, .expert = uuid_of(102)};
    PresenceTracker tracker = make();
};
using Reaches = std::vector<Reach>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(presence_tracker, Tracked)

// D01, B06
BOOST_AUTO_TEST_CASE(who_goes_online_is_available_at_once_and_recorded_after_the_grace) {
    BOOST_TEST(!tracker.is_available(tenant, ada.expert));
    want(Reach::kOnline);
    tracker.connected(ada);
    BOOST_TEST(tracker.is_available(tenant, ada.expert));
    pass(29);
    BOOST_TEST(recorded.empty());
    pass(1);
    BOOST_TEST((recorded_reaches() == Reaches{Reach::kOnline}));
    BOOST_TEST((recorded[0].account == kAccount));
    pass(600);
    BOOST_TEST(recorded.size() == 1U);
}

// D01
BOOST_AUTO_TEST_CASE(who_goes_offline_is_so_at_once_and_recorded_after_the_grace) {
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(60);
    want(Reach::kOffline);
    BOOST_TEST((shown() == Reach::kOffline));
    BOOST_TEST(!tracker.is_available(tenant, ada.expert));
    pass(29);
    BOOST_TEST(recorded.size() == 1U);
    pass(1);
    BOOST_TEST_REQUIRE(recorded.size() == 2U);
    BOOST_TEST((recorded[1].change.reason == v1::OFFLINE_REASON_REQUESTED));
}

BOOST_AUTO_TEST_CASE(a_change_that_does_not_outlast_the_grace_is_not_recorded) {
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(60);
    for (int i = 0; i < 10; ++i) {
        want(Reach::kOffline);
        pass(20);
        want(Reach::kOnline);
        pass(20);
    }
    BOOST_TEST(recorded.size() == 1U);
}

// D04, CPL24
BOOST_AUTO_TEST_CASE(a_lost_connection_ends_online_with_the_lease) {
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(100);
    tracker.disconnected(ada);
    pass(59);
    BOOST_TEST((shown() == Reach::kOnline));
    pass(1);
    BOOST_TEST((shown() == Reach::kOffline));
    BOOST_TEST(!tracker.is_available(tenant, ada.expert));
    BOOST_TEST_REQUIRE(recorded.size() == 2U);
    BOOST_TEST((recorded[1].change.reason == v1::OFFLINE_REASON_LEASE));
    BOOST_TEST(!recorded[1].account.has_value());
    // Coming back alone says nothing.
    tracker.connected(ada);
    pass(5);
    BOOST_TEST((shown() == Reach::kOffline));
}

// D04
BOOST_AUTO_TEST_CASE(a_connection_that_is_back_within_the_lease_changes_nothing) {
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(100);
    tracker.disconnected(ada);
    pass(50);
    tracker.connected(ada);
    pass(600);
    BOOST_TEST((changes == Reaches{Reach::kOnline}));
    BOOST_TEST(recorded.size() == 1U);
}

// D04
BOOST_AUTO_TEST_CASE(several_tabs_count_once) {
    for (int i = 0; i < 3; ++i) tracker.connected(ada);
    want(Reach::kOnline);
    pass(100);
    for (int i = 0; i < 2; ++i) tracker.disconnected(ada);
    pass(600);
    BOOST_TEST((shown() == Reach::kOnline));
    tracker.disconnected(ada);
    pass(60);
    BOOST_TEST((shown() == Reach::kOffline));
    BOOST_TEST((changes == Reaches{Reach::kOnline, Reach::kOffline}));
}

// D04
BOOST_AUTO_TEST_CASE(saying_it_again_renews_the_lease_without_a_connection) {
    for (int i = 0; i < 10; ++i) {
        want(Reach::kOnline);
        pass(50);
    }
    BOOST_TEST((shown() == Reach::kOnline));
    pass(10);
    BOOST_TEST((shown() == Reach::kOffline));
}

// D02
BOOST_AUTO_TEST_CASE(who_says_busy_is_seen_busy_and_not_available) {
    tracker.connected(ada);
    want(Reach::kBusy);
    BOOST_TEST((shown() == Reach::kBusy));
    BOOST_TEST(!tracker.is_available(tenant, ada.expert));
    pass(30);
    BOOST_TEST_REQUIRE(recorded.size() == 1U);
    BOOST_TEST((recorded[0].change.cause == v1::BUSY_CAUSE_SELF));
}

// D02
BOOST_AUTO_TEST_CASE(as_many_conversations_as_the_expert_takes_make_busy) {
    tracker.connected(ada);
    want(Reach::kOnline);
    take_at_most(2);
    given.time_unix_ms = now_ms;
    for (const auto& stream : {conversation_of(1), conversation_of(2)}) {
        given.commit(tenant, stream, opened(101, 102), said("hello"));
    }
    read_into(*store);
    pass(1);
    BOOST_TEST((shown() == Reach::kBusy));
    pass(30);
    BOOST_TEST((recorded.back().change.cause == v1::BUSY_CAUSE_CONVERSATIONS));

    given.commit(tenant, conversation_of(1), closed_by(Author::AUTHOR_EXPERT));
    read_into(*store);
    pass(1);
    BOOST_TEST((shown() == Reach::kOnline));
    take_at_most(1);
    pass(1);
    BOOST_TEST((shown() == Reach::kBusy));
    take_at_most(0);
    pass(1);
    BOOST_TEST((shown() == Reach::kOnline));
    // One that nobody writes in any more keeps nobody busy.
    take_at_most(1);
    pass(1);
    BOOST_TEST((shown() == Reach::kBusy));
    pass(std::chrono::seconds(gateway::kLiveConversationIdle).count());
    BOOST_TEST((shown() == Reach::kOnline));
}

// D02: the number reaches the board only after both wishes were answered.
BOOST_AUTO_TEST_CASE(a_number_that_the_views_learn_of_late_still_makes_busy) {
    given.time_unix_ms = now_ms;
    given.commit(tenant, conversation_of(1), opened(101, 102), said("hello"));
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(1);
    BOOST_TEST((shown() == Reach::kOnline));
    take_at_most(1);
    pass(1);
    BOOST_TEST((shown() == Reach::kBusy));
}

// D04
BOOST_AUTO_TEST_CASE(after_a_restart_the_board_is_as_recorded_and_leases_begin_anew) {
    given.commit(tenant, presence_of(1), went_online(102));
    read_into(*store);
    PresenceTracker restarted = make();
    BOOST_TEST_REQUIRE(restarted.restore().has_value());
    BOOST_TEST(restarted.is_available(tenant, ada.expert));
    BOOST_TEST((restarted.of_tenant(tenant).size() == 1U));
    BOOST_TEST(restarted.of_tenant(tenant_of(2)).empty());
    now_ms += 60 * kSecond;
    restarted.look();
    BOOST_TEST(!restarted.is_available(tenant, ada.expert));
    BOOST_TEST_REQUIRE(recorded.size() == 1U);
    BOOST_TEST((recorded[0].change.from == Reach::kOnline));
    BOOST_TEST((recorded[0].change.reason == v1::OFFLINE_REASON_LEASE));
}

BOOST_AUTO_TEST_CASE(what_could_not_be_recorded_is_recorded_later) {
    log_answers = false;
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(32);
    BOOST_TEST(recorded.size() == 3U);
    log_answers = true;
    pass(10);
    BOOST_TEST(recorded.size() == 4U);
}

// Else a restart within the grace would bring back somebody who is gone.
BOOST_AUTO_TEST_CASE(a_stop_records_at_once_who_asked_to_be_offline) {
    tracker.connected(ada);
    want(Reach::kOnline);
    pass(60);
    want(Reach::kOffline);
    tracker.stop();
    BOOST_TEST((recorded_reaches() == Reaches{Reach::kOnline, Reach::kOffline}));
}

BOOST_AUTO_TEST_SUITE_END()

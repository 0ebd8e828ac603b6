#include "gateway/analytics_publisher.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "events/feed_places.hpp"
#include "events/memory_log.hpp"
#include "parlour/conversation/v1/events.pb.h"
#include "tests/support/given_log.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using events::Errc;
using gateway::AnalyticsPublisher;
using parlour::conversation::v1::ConversationEvent;

const std::int64_t kThen = *events::parse_time("2026-11-25T12:00:30Z");
const events::TenantId kTenant{.bytes = {1}};

// What arrived for good, of all sinks; it takes so many messages before the sink ends.
struct Topic {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<events::FeedMessage> messages;
    std::size_t sinks = 0;
    std::size_t ends_after = 1'000'000;  // messages, of each sink

    // Until so many different events have arrived.
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex);
        return came.wait_for(
            lock, std::chrono::minutes(1), [&] { return names().size() >= count; });
    }
    std::set<std::string> names() {
        std::set<std::string> found;
        for (auto& message : messages) {
            found.insert(std::map<std::string, std::string>(message.headers.begin(),
                                                            message.headers.end())["ce_id"]);
        }
        return found;
    }
};

class TopicSink final : public events::FeedSink {
  public:
    explicit TopicSink(Topic& topic) : topic_(topic) {}
    events::Status send(const events::FeedMessage& message) override {
        const std::lock_guard lock(topic_.mutex);
        if (taken_++ == topic_.ends_after) return events::fail(Errc::kUnavailable, "ended");
        topic_.messages.push_back(message);
        return {};
    }
    events::Status flush() override {
        topic_.came.notify_all();
        return {};
    }
    void abort() override {}

  private:
    Topic& topic_;
    std::size_t taken_ = 0;
};

// What the nodes of a cluster share; it may be out of reach for a while.
class SharedPlaces final : public events::FeedPlaces {
  public:
    events::Result<events::PlacesByPartition> get(const std::vector<events::Partition>&) override {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
        if (++asked_ <= away_) return events::fail(Errc::kUnavailable, "away");
        return places_;
    }
    events::Status put(const events::PlacesByPartition& places) override {
        const std::lock_guard lock(mutex_);
        for (const auto& [partition, place] : places) places_[partition] = place;
        changed_.notify_all();
        return {};
    }
    // Does not answer the next so many times.
    void be_away(int times) {
        const std::lock_guard lock(mutex_);
        asked_ = 0;
        away_ = times;
    }
    bool wait_for(events::Offset next) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::minutes(1), [&] {
            return places_[events::Partition{0}].next == next;
        });
    }
    bool wait_asked(int times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return asked_ >= times; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    events::PlacesByPartition places_;  // under mutex_, as what follows
    int asked_ = 0;
    int away_ = 0;
};

// A log with conversations, and a topic that is told of it.
struct World {
    World() {
        const events::Key256 master;
        keys = std::move(*events::KeyRing::open(dir.path() / "keys", master, {}, true));
        store = std::move(*projections::Store::open(dir.path() / "views"));
        given = std::make_unique<test_support::GivenLog>(log, *keys);
        given->time_unix_ms = kThen;
        pseudonyms = std::make_unique<events::PseudonymKeys>(*keys);
    }
    void say(std::uint8_t conversation, int events) {
        ConversationEvent said;
        said.mutable_message_sent()->set_author(parlour::conversation::v1::AUTHOR_VISITOR);
        said.mutable_message_sent()->set_text("canary");
        std::vector<ConversationEvent> all(static_cast<std::size_t>(events), said);
        std::vector<google::protobuf::Message*> envelopes;
        for (auto& event : all) envelopes.push_back(&event);
        given->commit_all(kTenant,
                          {.kind = parlour::log::v1::STREAM_KIND_CONVERSATION,
                           .uuid = events::Uuid{.bytes = {conversation}}},
                          envelopes);
    }
    AnalyticsPublisher::Parts parts(projections::Store& place, events::FeedPlaces* shared) {
        return {.log = log,
                .partitions = 1,
                .store = place,
                .keys = *pseudonyms,
                .open = [this]() -> events::Result<std::unique_ptr<events::FeedSink>> {
                    const std::lock_guard lock(topic.mutex);
                    ++topic.sinks;
                    return std::make_unique<TopicSink>(topic);
                },
                .now_ms = [this] { return now; },
                .places = shared};
    }
    // Publishes until so many events have arrived, and stops.
    void publish(std::size_t until) {
        AnalyticsPublisher publisher(parts(*store, nullptr));
        publisher.start();
        BOOST_TEST(topic.wait_for(until));
        publisher.stop();
    }

    test_support::TempDir dir;
    events::MemoryLog log{1};
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<projections::Store> store;
    std::unique_ptr<test_support::GivenLog> given;
    std::unique_ptr<events::PseudonymKeys> pseudonyms;
    Topic topic;
    SharedPlaces places;
    std::int64_t now = kThen;
};

// A node of a cluster: it holds the one partition, or does not.
struct Node {
    Node(World& world, const std::string& name)
        : store(std::move(*projections::Store::open(world.dir.path() / name))),
          publisher(world.parts(*store, &world.places)) {
        publisher.start();
    }
    void held(bool holds) { publisher.held(events::Partition{0}, holds); }
    // Until it has told everything and put its place.
    bool is_done(World& world) {
        const auto end = world.log.end(events::Partition{0});
        publisher.notify(events::Partition{0}, *end);
        return world.places.wait_for(*end);
    }

    std::unique_ptr<projections::Store> store;
    AnalyticsPublisher publisher;
};

}  // namespace

// DESIGN 9
BOOST_FIXTURE_TEST_SUITE(analytics_publisher, World)

BOOST_AUTO_TEST_CASE(a_message_is_a_cloud_event_in_binary_mode) {
    say(7, 1);
    publish(1);
    const auto& message = topic.messages.front();
    const std::map<std::string, std::string> headers(message.headers.begin(),
                                                     message.headers.end());
    BOOST_TEST(headers.at("content-type") == "application/json");
    BOOST_TEST(!headers.contains("ce_datacontenttype"));
    BOOST_TEST(headers.at("ce_specversion") == "1.0");
    BOOST_TEST(headers.at("ce_type") == "parlour.conversation.message-sent.v1");
    BOOST_TEST(message.key == events::to_text(kTenant));
    BOOST_TEST(message.time_unix_ms == kThen - 30'000);
    BOOST_TEST(message.value.find("canary") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(started_again_it_goes_on_behind_what_has_arrived) {
    say(7, 3);
    publish(3);
    say(8, 2);
    publish(5);
    BOOST_TEST(topic.messages.size() == 5U);
    BOOST_TEST(topic.sinks == 2U);
}

BOOST_AUTO_TEST_CASE(a_sink_that_ends_is_opened_anew_and_told_the_whole_commit_again) {
    topic.ends_after = 5;
    say(7, 3);
    say(8, 4);
    say(9, 5);
    publish(12);
    BOOST_TEST(topic.sinks > 1U);
    BOOST_TEST(topic.messages.size() > 12U);
    BOOST_TEST(topic.names().size() == 12U);  // what came again has the same id
}

BOOST_AUTO_TEST_CASE(a_week_that_is_past_is_passed_over) {
    given->time_unix_ms = kThen - 30 * std::int64_t{86'400'000};
    say(7, 3);
    given->time_unix_ms = kThen;
    say(8, 1);
    publish(1);
    BOOST_TEST(topic.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_node_tells_what_it_holds_and_the_next_one_goes_on_from_there) {
    say(7, 3);
    Node one(*this, "one");
    Node two(*this, "two");
    one.held(true);
    BOOST_TEST(one.is_done(*this));
    BOOST_TEST(topic.messages.size() == 3U);
    one.held(false);
    say(8, 2);
    two.held(true);
    BOOST_TEST(two.is_done(*this));
    BOOST_TEST(topic.messages.size() == 5U);
    BOOST_TEST(topic.names().size() == 5U);
    BOOST_TEST(two.publisher.published() == 2U);
    // Back at the first, whose own place is older by now.
    two.held(false);
    say(9, 4);
    one.held(true);
    BOOST_TEST(one.is_done(*this));
    BOOST_TEST(topic.messages.size() == 9U);
}

BOOST_AUTO_TEST_CASE(what_nobody_holds_nobody_tells) {
    Node one(*this, "one");
    one.held(true);
    one.held(false);
    say(7, 3);
    Node two(*this, "two");
    two.held(true);
    BOOST_TEST(two.is_done(*this));
    BOOST_TEST(topic.messages.size() == 3U);
    BOOST_TEST(one.publisher.published() == 0U);
    BOOST_TEST(one.publisher.behind() == 0U);
}

BOOST_AUTO_TEST_CASE(until_the_places_can_be_asked_for_nothing_is_told) {
    say(7, 3);
    places.be_away(1);
    Node one(*this, "one");
    one.held(true);
    BOOST_TEST(places.wait_asked(1));
    BOOST_TEST(topic.messages.empty());
    BOOST_TEST(one.is_done(*this));
    BOOST_TEST(topic.messages.size() == 3U);
}

// It told without being able to say how far: the next one tells it again, under the same ids.
BOOST_AUTO_TEST_CASE(a_place_that_was_not_put_makes_doubles_with_the_same_ids) {
    say(7, 3);
    Node one(*this, "one");
    one.held(true);
    BOOST_TEST(topic.wait_for(3));
    one.publisher.stop();
    (void)places.put({{events::Partition{0}, {.next = events::Offset{}, .claim = {}}}});
    Node two(*this, "two");
    two.held(true);
    BOOST_TEST(two.is_done(*this));
    BOOST_TEST(topic.messages.size() == 6U);
    BOOST_TEST(topic.names().size() == 3U);
}

// A topic that was made anew begins with offset 0.
BOOST_AUTO_TEST_CASE(a_place_behind_the_end_of_the_log_is_none) {
    say(7, 3);
    (void)places.put({{events::Partition{0}, {.next = events::Offset{1'000}, .claim = {}}}});
    Node one(*this, "one");
    one.held(true);
    BOOST_TEST(one.is_done(*this));
    BOOST_TEST(topic.names().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "events/key_ring_store.hpp"
#include "tests/events/kafka_support.hpp"

// What a node does to a cluster that tests/integration/kafka_cleaning_test.py looks after, step by
// step: it watches the brokers' disks meanwhile. Topics and folder are named by
// PARLOUR_KAFKA_TOPICS and PARLOUR_KAFKA_FOLDER.
namespace {

using kafka_support::Topics;

constexpr std::string_view kPurpose = "password";
const auto kTenant = samples::tenant(1);
const auto kSecret = samples::id<events::Uuid>(1);
const auto kPartition = events::partition_of(kTenant, log_support::kPartitions);

std::string named(const char* variable) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
    const char* const value = std::getenv(variable);
    return value == nullptr ? "" : value;
}

boost::test_tools::assertion_result is_asked_for(boost::unit_test::test_unit_id /*unit*/) {
    return !named("PARLOUR_KAFKA_TOPICS").empty();
}

std::filesystem::path folder() {
    return named("PARLOUR_KAFKA_FOLDER");
}

kafka_support::NodeFolder node_folder() {
    const auto beat = named("PARLOUR_KAFKA_HEARTBEAT_MS");
    return {.path = folder(),
            .heartbeat = std::chrono::milliseconds(beat.empty() ? 3'600'000 : std::stoi(beat))};
}

// A row of the node's key ring, which has ended.
std::string ring_row(char kind) {
    const auto secret =
        events::row_key(events::kRowSecret, {kTenant.view(), kSecret.view(), kPurpose});
    const auto store = events::RingStore::open(folder() / "keys", {.secondary_dir = {}});
    BOOST_TEST_REQUIRE(store.has_value());
    std::string value;
    const auto key =
        kind == events::kRowSecret ? secret : events::row_key(events::kRowRecordKey, {secret});
    BOOST_TEST_REQUIRE((*store)->get(key, value).value());
    return value;
}

void put(kafka_support::Node& node, std::string_view secret) {
    BOOST_TEST_REQUIRE(node.claim(kPartition).has_value());
    BOOST_TEST_REQUIRE(node.keys->put_secret(kTenant, kPurpose, kSecret, secret).has_value());
}

bool is_told(const char* what) {
    return std::filesystem::exists(folder() / what);
}

void tell(const char* what, const std::string& content) {
    std::ofstream(folder() / "new", std::ios::binary) << content;
    std::filesystem::rename(folder() / "new", folder() / what);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_steps, *boost::unit_test::precondition(is_asked_for))

// Leaves the sealed bytes in the file `sealed`.
BOOST_AUTO_TEST_CASE(a_secret_is_put) {
    const Topics topics(named("PARLOUR_KAFKA_TOPICS"));
    {
        kafka_support::Node node(topics, node_folder());
        put(node, "the first password");
    }
    tell("sealed", ring_row(events::kRowSecret));
}

// Then the node stays, idle, until there is a file `stop`.
BOOST_AUTO_TEST_CASE(it_is_replaced) {
    const Topics topics(named("PARLOUR_KAFKA_TOPICS"));
    kafka_support::Node node(topics, node_folder());
    put(node, "another one");
    tell("replaced", "");
    BOOST_TEST(kafka_support::soon([] { return is_told("stop"); }, std::chrono::minutes(5)));
}

// The defect: it is ended by a null.
BOOST_AUTO_TEST_CASE(it_is_ended_by_a_null) {
    const Topics topics(named("PARLOUR_KAFKA_TOPICS"));
    topics.send(".keys", kPartition, ring_row(events::kRowRecordKey), {});
}

// As a node's heartbeats, from outside: every 300 ms until there is a file `stop`.
BOOST_AUTO_TEST_CASE(the_partition_is_kept_awake) {
    const Topics topics(named("PARLOUR_KAFKA_TOPICS"));
    auto next = std::chrono::steady_clock::now();
    BOOST_TEST(kafka_support::soon(
        [&] {
            if (std::chrono::steady_clock::now() > next) {
                topics.send(".keys", kPartition, "awake", "awake");
                next += std::chrono::milliseconds(300);
            }
            return is_told("stop");
        },
        std::chrono::minutes(5)));
}

BOOST_AUTO_TEST_SUITE_END()

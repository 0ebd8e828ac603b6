#include "events/kafka_log.hpp"

#include <boost/test/unit_test.hpp>

#include "events/local_log.hpp"
#include "tests/events/kafka_support.hpp"
#include "tests/events/log_contract.hpp"
#include "tests/events/real_records.hpp"

namespace {

using events::Errc;
using events::Offset;
using events::Seq;
using kafka_support::KafkaEngine;
using kafka_support::soon;
using log_support::append;
using log_support::kP0;
using log_support::records;
using samples::tenant;

const auto kPartition = events::partition_of(tenant(1), log_support::kPartitions);

// A leader that has written so many commits.
void write_commits(KafkaEngine& engine, std::uint64_t count, std::uint64_t term = 1) {
    const auto claim = samples::claim(term);
    BOOST_TEST_REQUIRE(append(engine, kPartition, records(real_records::claim(claim))).has_value());
    for (std::uint64_t i = 1; i <= count; ++i) {
        auto commit = real_records::commit({.under = claim, .seq = i, .version = i});
        BOOST_TEST_REQUIRE(append(engine, kPartition, records(std::move(commit))).has_value());
    }
}

void expect_refused(const KafkaEngine& engine, Errc code, std::string_view says) {
    const auto opened = engine.open();
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == code));
    BOOST_TEST(opened.error().detail.contains(says), opened.error().detail);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_log, *boost::unit_test::precondition(kafka_support::has_broker))

#define PARLOUR_CASE(name)          \
    BOOST_AUTO_TEST_CASE(name) {    \
        KafkaEngine engine;         \
        log_contract::name(engine); \
    }
PARLOUR_LOG_CONTRACT(PARLOUR_CASE)
PARLOUR_FULL_LOG_CONTRACT(PARLOUR_CASE)
#undef PARLOUR_CASE

BOOST_AUTO_TEST_CASE(a_node_with_an_empty_folder_reads_everything_back) {
    KafkaEngine engine;
    write_commits(engine, 20);
    const auto before = log_support::all_frames(engine, kPartition);
    engine.reopen_from_nothing();
    BOOST_TEST(log_support::all_frames(engine, kPartition) == before,
               boost::test_tools::per_element());
    BOOST_TEST(engine.history().head(tenant(1))->value == 20U);
    BOOST_TEST(engine.history()
                   .read_stream(tenant(1), log_support::stream(1), events::Version{1}, {})
                   ->size() == 20U);
    BOOST_TEST(engine.history().is_bound(real_records::key_of_stream(1)).value());
    BOOST_TEST(engine.history().claims(kPartition)->size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_restarted_node_goes_on_where_it_was) {
    KafkaEngine engine;
    write_commits(engine, 3);
    engine.reopen();
    write_commits(engine, 0, 2);
    BOOST_TEST(log_support::all_frames(engine, kPartition).size() == 5U);
    BOOST_TEST(engine.history().claims(kPartition)->size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_one_node_writes_every_node_reads) {
    KafkaEngine one;
    KafkaEngine other(one.topics());
    write_commits(one, 5);
    BOOST_TEST(soon([&] { return other.history().head(tenant(1))->value == 5U; }));
    BOOST_TEST(
        log_support::all_frames(other, kPartition) == log_support::all_frames(one, kPartition),
        boost::test_tools::per_element());
}

// F2: what a deposed node sends late is in the log and means nothing.
BOOST_AUTO_TEST_CASE(a_void_commit_is_stored_and_not_found) {
    KafkaEngine deposed;
    write_commits(deposed, 2);
    KafkaEngine leader(deposed.topics());
    BOOST_TEST_REQUIRE(
        append(leader, kPartition, records(real_records::claim(samples::claim(2)))).has_value());
    const auto late = real_records::commit({.under = samples::claim(1), .seq = 3, .version = 3});
    // The node that sends it has not read the other's claim yet.
    deposed.topics().send(".events", kPartition, late.key.view(), late.frame);
    for (auto* const engine : {&deposed, &leader}) {
        BOOST_TEST(soon([&] { return log_support::all_frames(*engine, kPartition).size() == 5U; }));
        BOOST_TEST(engine->history().head(tenant(1))->value == 2U);
    }
    leader.reopen_from_nothing();
    BOOST_TEST(leader.history().head(tenant(1))->value == 2U);
}

// F6: what was sent behind it could else land with a hole before it.
BOOST_AUTO_TEST_CASE(after_a_refused_record_the_partition_takes_nothing_before_the_next_claim) {
    KafkaEngine engine;
    write_commits(engine, 1);
    auto too_large = log_support::plain(std::string(std::size_t{2} * 1024 * 1024, 'x'));
    const auto refused = append(engine, kPartition, records(std::move(too_large)));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::kUnavailable));
    BOOST_TEST(!append(engine, kPartition, records(log_support::plain("behind"))).has_value());
    write_commits(engine, 0, 2);
    BOOST_TEST(append(engine, kPartition, records(log_support::plain("after"))).has_value());
    BOOST_TEST(log_support::all_frames(engine, kPartition).back() == "after");
}

BOOST_AUTO_TEST_CASE(an_idle_partition_gets_heartbeats_that_nobody_sees) {
    KafkaEngine engine;
    engine.close();
    engine.heartbeat = std::chrono::milliseconds(50);
    engine.reopen();
    write_commits(engine, 1);
    BOOST_TEST(soon([&] { return engine.topics().end_of(".events", kPartition) >= 5U; }));
    BOOST_TEST(log_support::all_frames(engine, kPartition).size() == 2U);
    // A node heartbeats what it has claimed.
    const events::Partition other{static_cast<std::uint16_t>(kPartition.value ^ 1U)};
    BOOST_TEST(engine.topics().end_of(".events", other) == 0U);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_has_lost_records_is_refused_by_name) {
    KafkaEngine engine;
    write_commits(engine, 3);
    engine.close();
    engine.topics().make_anew(".events", log_support::kPartitions);
    expect_refused(engine, Errc::kDamaged, "the cluster has lost records");
}

BOOST_AUTO_TEST_CASE(a_cluster_that_has_written_others_in_their_place_is_refused_by_name) {
    KafkaEngine engine;
    write_commits(engine, 1);
    engine.close();
    engine.topics().make_anew(".events", log_support::kPartitions);
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        const auto other = real_records::commit({.seq = seq, .version = seq});
        engine.topics().send(".events", kPartition, other.key.view(), other.frame);
    }
    expect_refused(engine, Errc::kDamaged, "written others in their place");
}

BOOST_AUTO_TEST_CASE(a_topic_with_another_number_of_partitions_is_refused_by_name) {
    KafkaEngine engine;
    engine.close();
    engine.topics().make_anew(".events", log_support::kPartitions + 1);
    expect_refused(engine, Errc::kInvalidArgument, "had 8 partitions and now has 9");
}

// A null record is what compaction drops, after which a returning replica brings the old one back.
BOOST_AUTO_TEST_CASE(a_null_in_the_log_is_refused_by_name) {
    KafkaEngine engine;
    write_commits(engine, 1);
    engine.close();
    engine.topics().send(
        ".events", kPartition, samples::text(samples::id<events::RecordKey>(7)), {});
    expect_refused(engine, Errc::kDamaged, "a null stands there");
}

BOOST_AUTO_TEST_CASE(what_another_program_wrote_stops_the_engine_by_name) {
    KafkaEngine engine;
    engine.topics().send(".events", kP0, "key", "an order of somebody's");
    BOOST_TEST(soon([&] { return !append(engine, kP0, records(log_support::plain("x"))); }));
    const auto refused =
        append(engine, kPartition, records(real_records::claim(samples::claim(1))));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::kDamaged));
    BOOST_TEST(refused.error().detail.contains("partition 0 of " + engine.topics().name()));
}

BOOST_AUTO_TEST_CASE(a_folder_is_of_one_log_for_ever) {
    KafkaEngine engine;
    write_commits(engine, 1);
    engine.close();
    const auto as_embedded = events::LocalLog::open(engine.folder(), {});
    BOOST_TEST_REQUIRE(!as_embedded.has_value());
    BOOST_TEST(as_embedded.error().detail.contains("serve it with --log"));
    const KafkaEngine other;
    const auto of_another = events::KafkaLog::open(engine.folder(), other.options());
    BOOST_TEST_REQUIRE(!of_another.has_value());
    BOOST_TEST(of_another.error().detail.contains("give an empty data folder"));
}

BOOST_AUTO_TEST_CASE(without_a_broker_the_start_says_so) {
    const KafkaEngine engine;
    const test_support::TempDir dir;
    auto options = engine.options();
    options.connection.brokers = "127.0.0.1:1";
    options.connect_timeout = std::chrono::milliseconds(300);
    const auto opened = events::KafkaLog::open(dir.path() / "log", std::move(options));
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kUnavailable));
    BOOST_TEST(opened.error().detail.contains("no Kafka broker answers"));
}

BOOST_AUTO_TEST_SUITE_END()

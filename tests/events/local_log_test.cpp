#include "events/local_log.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

#include "tests/events/local_log_support.hpp"
#include "tests/events/log_contract.hpp"

namespace {

using events::Errc;
using events::LocalLog;
using events::LocalLogOptions;
using events::Offset;
using events::Partition;
using local_log_support::LocalEngine;
using local_log_support::Opened;
using log_support::append;
using log_support::append_commit;
using log_support::kP0;
using log_support::kP1;
using log_support::kPartitions;
using log_support::plain;
using log_support::records;
using log_support::Texts;
using test_support::TempDir;

namespace fs = std::filesystem;

}  // namespace

BOOST_AUTO_TEST_SUITE(local_log)

#define PARLOUR_CASE(name)          \
    BOOST_AUTO_TEST_CASE(name) {    \
        LocalEngine engine;         \
        log_contract::name(engine); \
    }
PARLOUR_LOG_CONTRACT(PARLOUR_CASE)
PARLOUR_FULL_LOG_CONTRACT(PARLOUR_CASE)
#undef PARLOUR_CASE

BOOST_AUTO_TEST_CASE(what_was_acknowledged_is_there_after_reopening) {
    LocalEngine engine;
    const auto key = samples::id<events::KeyId>(5);
    const auto partition = events::partition_of(samples::tenant(1), kPartitions);
    BOOST_TEST_REQUIRE(
        append(engine, partition, records(log_support::claim_record(1))).has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1, .binds_key = key}, "kept").has_value());
    engine.reopen();
    BOOST_TEST(log_support::all_frames(engine, partition) == (Texts{"a claim", "kept"}),
               boost::test_tools::per_element());
    BOOST_TEST(engine.local->end(partition)->value == 2U);
    BOOST_TEST(engine.local->head(samples::tenant(1))->value == 1U);
    BOOST_TEST(engine.local->is_bound(key).value());
    BOOST_TEST(engine.local->claims(partition)->size() == 1U);
    // And goes on behind it.
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 2, .version = 2}, "next").has_value());
    BOOST_TEST(engine.local->offset_of(samples::tenant(1), events::Seq{2})->value == 2U);
}

BOOST_AUTO_TEST_CASE(what_was_queued_is_written_before_the_end) {
    LocalEngine engine;
    log_support::Completions completions;
    for (int i = 0; i < 200; ++i) {
        engine.local->append(kP0, records(plain("queued")), completions.next());
    }
    engine.reopen();
    BOOST_TEST(completions.count() == 200U);
    BOOST_TEST(log_support::all_frames(engine, kP0).size() == 200U);
}

BOOST_AUTO_TEST_CASE(nothing_is_readable_while_the_flush_is_under_way) {
    constexpr std::uint32_t kLongFlushUs = 400'000;
    LocalEngine engine(kLongFlushUs);
    const auto partition = events::partition_of(samples::tenant(1), kPartitions);
    log_support::Completions completions;
    engine.local->append(
        partition, records(log_support::commit({.seq = 1}, "not yet")), completions.next());
    BOOST_TEST(log_support::all_frames(engine, partition).empty());
    BOOST_TEST(engine.local->end(partition)->value == 0U);
    BOOST_TEST(engine.local->head(samples::tenant(1))->value == 0U);
    BOOST_TEST(completions.count() == 0U);
    BOOST_TEST_REQUIRE(completions.wait());
    BOOST_TEST(log_support::all_frames(engine, partition).size() == 1U);
    BOOST_TEST(engine.local->head(samples::tenant(1))->value == 1U);
}

BOOST_AUTO_TEST_CASE(many_threads_keep_the_order_of_each) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kAppends = 300;
    LocalEngine engine;
    std::array<log_support::Completions, kThreads> completions;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&engine, &mine = completions.at(t), t] {
            for (std::size_t i = 0; i < kAppends; ++i) {
                std::vector<events::Outgoing> out(1);
                out.front().frame = std::to_string(t) + ' ' + std::to_string(i);
                const Partition partition{static_cast<std::uint16_t>(t % 2)};
                engine.local->append(partition, std::move(out), mine.next());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (auto& each : completions) BOOST_TEST_REQUIRE(each.wait());
    std::array<std::size_t, kThreads> next{};
    for (const auto partition : {kP0, kP1}) {
        for (const auto& frame : log_support::all_frames(engine, partition)) {
            const auto t = static_cast<std::size_t>(frame[0] - '0');
            BOOST_TEST(frame.substr(2) == std::to_string(next.at(t)++));
        }
    }
    for (const auto count : next) BOOST_TEST(count == kAppends);
}

BOOST_AUTO_TEST_CASE(records_too_old_for_memory_come_from_the_disk_alike) {
    constexpr std::size_t kCount = 64;
    LocalEngine engine;
    for (std::size_t i = 0; i < kCount; ++i) {
        auto frame = std::to_string(i) + std::string(200'000, 'x');
        BOOST_TEST_REQUIRE(append(engine, kP0, records(plain(std::move(frame)))).has_value());
    }
    Offset next{0};
    std::size_t count = 0;
    for (;;) {
        const auto read = engine.local->read(kP0, next, {.records = 10});
        BOOST_TEST_REQUIRE(read.has_value());
        if (read->empty()) break;
        for (const auto& entry : *read) {
            BOOST_TEST(entry.offset.value == count);
            BOOST_TEST(entry.frame->starts_with(std::to_string(count) + 'x'));
            ++count;
        }
        next = Offset{read->back().offset.value + 1};
    }
    BOOST_TEST(count == kCount);
}

BOOST_AUTO_TEST_CASE(a_scan_visits_one_partition_in_order_until_told_to_stop) {
    LocalEngine engine;
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST_REQUIRE(append(engine, kP0, records(plain(std::to_string(i)))).has_value());
        BOOST_TEST_REQUIRE(append(engine, kP1, records(plain("other"))).has_value());
    }
    std::uint64_t expected = 5;
    const auto all = engine.local->scan(
        kP0, Offset{5}, [&](Offset offset, const events::RecordKey&, std::string_view frame) {
            BOOST_TEST(offset.value == expected);
            BOOST_TEST(frame == std::to_string(expected));
            ++expected;
            return true;
        });
    BOOST_TEST(all.has_value());
    BOOST_TEST(expected == 20U);
    int visited = 0;
    const auto some =
        engine.local->scan(kP0, Offset{0}, [&](Offset, const events::RecordKey&, std::string_view) {
            return ++visited < 3;
        });
    BOOST_TEST(some.has_value());
    BOOST_TEST(visited == 3);
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_told_who_has_the_folder) {
    const LocalEngine engine;
    const auto second = engine.open();
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST((second.error().code == Errc::kInUse));
    BOOST_TEST(second.error().detail == engine.folder().string() + " is in use by another process");
}

BOOST_AUTO_TEST_CASE(the_number_of_partitions_is_fixed_when_the_folder_is_made) {
    LocalEngine engine;
    engine.local.reset();
    const Opened again(engine.open(kPartitions * 2));
    BOOST_TEST(again.local->partitions() == kPartitions);
}

// Once a memory table is full, older writes lie in a write-ahead file that is no longer the last
// one. Its end is no torn tail: what is missing there was acknowledged.
// A real failure: writes beyond a size are refused by the kernel. Whatever was acknowledged before
// is there after reopening, and nothing is acknowledged after the first failure, not even what
// would fit.
BOOST_AUTO_TEST_CASE(a_reader_beside_a_running_program_sees_new_records_after_a_refresh) {
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1}, "before").has_value());
    Opened beside(engine.open_beside());
    const auto partition = events::partition_of(samples::tenant(1), kPartitions);
    BOOST_TEST(beside.local->partitions() == kPartitions);
    BOOST_TEST(log_support::all_frames(beside, partition) == (Texts{"before"}),
               boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 2, .version = 2}, "after").has_value());
    BOOST_TEST_REQUIRE(beside.local->refresh().has_value());
    BOOST_TEST(log_support::all_frames(beside, partition) == (Texts{"before", "after"}),
               boost::test_tools::per_element());
    BOOST_TEST(beside.local->head(samples::tenant(1))->value == 2U);
    int visited = 0;
    const auto scanned =
        beside.local->scan(partition, Offset{0}, [&](Offset, const events::RecordKey&, auto) {
            ++visited;
            return true;
        });
    BOOST_TEST(scanned.has_value());
    BOOST_TEST(visited == 2);
}

BOOST_AUTO_TEST_CASE(a_reader_beside_a_running_program_writes_nothing) {
    const LocalEngine engine;
    Opened beside(engine.open_beside());
    const auto status = append(beside, kP0, records(plain("no")));
    BOOST_TEST_REQUIRE(!status.has_value());
    BOOST_TEST((status.error().code == Errc::kStorage));
    BOOST_TEST((engine.local->refresh().error().code == Errc::kInvalidArgument));
}

BOOST_AUTO_TEST_CASE(a_reader_of_a_folder_without_a_log_is_told_so) {
    const TempDir dir;
    const auto opened = LocalLog::open(dir.path() / "nothing",
                                       {.secondary = true, .secondary_dir = dir.path() / "beside"});
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kNotFound));
    BOOST_TEST(!fs::exists(dir.path() / "nothing"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made_is_a_storage_error) {
    const TempDir dir;
    std::ofstream(dir.path() / "file") << "in the way";
    const auto opened = LocalLog::open(dir.path() / "file" / "log", LocalLogOptions{});
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kStorage));
}

BOOST_AUTO_TEST_CASE(streams_are_counted_by_tenant_and_sizes_listed_by_store) {
    LocalEngine engine;
    for (std::uint64_t i = 1; i <= 10; ++i) {
        const auto of = log_support::stream(static_cast<std::uint8_t>(1 + i % 3));
        BOOST_TEST_REQUIRE(
            append_commit(engine, {.seq = i, .stream = of, .version = i}, "x").has_value());
    }
    BOOST_TEST_REQUIRE(append_commit(engine, {.tenant = 2}, "x").has_value());
    BOOST_TEST(engine.local->stream_count(samples::tenant(1)).value() == 3U);
    BOOST_TEST(engine.local->stream_count(samples::tenant(2)).value() == 1U);
    BOOST_TEST(engine.local->stream_count(samples::tenant(3)).value() == 0U);
    engine.reopen();
    const auto sizes = engine.local->sizes();
    const auto of_records = std::ranges::find(sizes, "records", &events::StoreSize::name);
    BOOST_TEST_REQUIRE((of_records != sizes.end()));
    BOOST_TEST(of_records->keys == 11U);
    BOOST_TEST(of_records->bytes > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

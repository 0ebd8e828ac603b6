#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "events/local_reader.hpp"
#include "events/local_recent.hpp"
#include "events/local_store.hpp"
#include "tests/events/local_log_support.hpp"

// The indexes by seq and by stream while their newest part moves from memory to the disk, and after
// a kill at any point of that.
namespace {

using events::Offset;
using events::Seq;
using events::Version;
using events::local::kRecentCommitsMax;
using local_log_support::LocalEngine;
using local_log_support::open_image;
using local_log_support::Opened;

constexpr std::uint64_t kStreams = 100;
constexpr std::size_t kPerAppend = 512;
const events::TenantId kTenant = samples::tenant(1);
const events::Partition kHome = events::partition_of(kTenant, log_support::kPartitions);

// Commit `seq` is the next version of stream `seq` modulo kStreams.
events::Outgoing commit_at(std::uint64_t seq) {
    const auto of = log_support::stream(static_cast<std::uint8_t>(seq % kStreams));
    return log_support::commit({.seq = seq, .stream = of, .version = (seq - 1) / kStreams + 1},
                               std::to_string(seq));
}

void append_up_to(LocalEngine& engine, std::uint64_t last, std::uint64_t& seq) {
    while (seq < last) {
        std::vector<events::Outgoing> out;
        while (seq < last && out.size() < kPerAppend) out.push_back(commit_at(++seq));
        BOOST_TEST_REQUIRE(log_support::append(engine, kHome, std::move(out)).has_value());
    }
}

std::string frame_at(events::LocalLog& log, Offset offset) {
    const auto read = log.read(kHome, offset, {.records = 1});
    return read && !read->empty() ? *read->front().frame : "";
}

// The first seq up to `last` that the index by seq does not lead to; 0 when it leads to all.
std::uint64_t first_lost_seq(events::LocalLog& log, std::uint64_t last, std::uint64_t step = 1) {
    for (std::uint64_t seq = 1; seq <= last; seq += step) {
        const auto offset = log.offset_of(kTenant, Seq{seq});
        if (!offset || offset->value != seq - 1) return seq;
    }
    return 0;
}

std::size_t commits_by_stream(events::LocalLog& log) {
    std::size_t commits = 0;
    for (std::uint64_t of = 0; of < kStreams; ++of) {
        const auto read = log.read_stream(
            kTenant, log_support::stream(static_cast<std::uint8_t>(of)), Version{1}, {});
        BOOST_TEST_REQUIRE(read.has_value());
        for (std::size_t i = 0; i < read->size(); ++i) {
            const auto seq = i * kStreams + (of == 0 ? kStreams : of);
            if (*(*read)[i].frame == std::to_string(seq)) ++commits;
        }
    }
    return commits;
}

std::size_t journal_rows(const std::filesystem::path& folder) {
    const auto store = events::local::Store::open(folder, {.secondary_dir = {}});
    BOOST_TEST_REQUIRE(store.has_value());
    events::local::Recent recent;
    const auto rows = events::local::Reader(**store, recent).read_journal(recent);
    BOOST_TEST_REQUIRE(rows.has_value());
    return rows->end - rows->begin;
}

void check(events::LocalLog& log, std::uint64_t last) {
    BOOST_TEST(log.head(kTenant)->value == last);
    BOOST_TEST(first_lost_seq(log, last) == 0U);
    BOOST_TEST(frame_at(log, *log.offset_of(kTenant, Seq{last})) == std::to_string(last));
    BOOST_TEST((log.offset_of(kTenant, Seq{last + 1}).error().code == events::Errc::kNotFound));
    BOOST_TEST(commits_by_stream(log) == last);
    BOOST_TEST(log.stream_count(kTenant).value() == kStreams);
    BOOST_TEST(log.tenants()->size() == 1U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_index)

// Images at moments when all is in memory, when a part of a generation is on disk, when the next
// one waits; and goes on from one that was killed in the middle.
BOOST_AUTO_TEST_CASE(the_indexes_are_whole_after_a_kill_at_any_time) {
    LocalEngine engine;
    std::uint64_t seq = 0;
    for (const std::uint64_t share : {1U, 9U, 11U, 14U, 19U, 21U}) {
        append_up_to(engine, kRecentCommitsMax * share / 10, seq);
        Opened after(open_image(engine.image("killed-" + std::to_string(share))));
        check(*after.local, seq);
    }
    check(*engine.local, seq);
}

BOOST_AUTO_TEST_CASE(the_indexes_are_whole_after_killed_and_clean_starts_in_turn) {
    LocalEngine engine;
    std::uint64_t seq = 0;
    append_up_to(engine, kRecentCommitsMax * 3 / 2, seq);
    const auto image = engine.image("killed");
    engine.local.reset();
    local_log_support::fs::remove_all(engine.folder());
    local_log_support::fs::rename(image, engine.folder());
    engine.reopen();
    append_up_to(engine, kRecentCommitsMax * 2, seq);
    check(*engine.local, seq);
    engine.reopen();
    check(*engine.local, seq);
    // A clean end leaves the next start nothing to read.
    engine.local.reset();
    BOOST_TEST(journal_rows(engine.folder()) == 0U);
}

// A commit must be in memory or on disk at every moment, never in neither.
BOOST_AUTO_TEST_CASE(a_reader_finds_every_commit_while_the_indexes_go_to_disk) {
    LocalEngine engine;
    std::uint64_t seq = 0;
    append_up_to(engine, kRecentCommitsMax, seq);
    std::atomic<std::uint64_t> acknowledged = seq;
    std::atomic<std::uint64_t> lost = 0;
    std::atomic<bool> stop = false;
    std::thread reader([&] {
        while (!stop && lost == 0) {
            const std::uint64_t last = acknowledged;
            lost = first_lost_seq(*engine.local, last, 7);
            const auto of = log_support::stream(static_cast<std::uint8_t>(last % kStreams));
            const auto read = engine.local->read_stream(kTenant, of, Version{1}, {});
            if (!read || read->size() < (last - 1) / kStreams + 1) lost = last;
        }
    });
    while (seq < kRecentCommitsMax * 2) {
        append_up_to(engine, seq + kPerAppend, seq);
        acknowledged = seq;
    }
    stop = true;
    reader.join();
    BOOST_TEST(lost == 0U);
}

BOOST_AUTO_TEST_CASE(a_reader_beside_a_running_program_finds_commits_in_memory_and_on_disk) {
    LocalEngine engine;
    std::uint64_t seq = 0;
    append_up_to(engine, kRecentCommitsMax / 2, seq);
    Opened beside(engine.open_beside());
    check(*beside.local, seq);
    append_up_to(engine, kRecentCommitsMax * 3 / 2, seq);
    BOOST_TEST_REQUIRE(beside.local->refresh().has_value());
    check(*beside.local, seq);
}

BOOST_AUTO_TEST_CASE(a_read_of_a_stream_from_the_middle_of_a_row_begins_there) {
    LocalEngine engine;
    std::uint64_t seq = 0;
    append_up_to(engine, kStreams * 50, seq);
    engine.reopen();
    const auto read =
        engine.local->read_stream(kTenant, log_support::stream(3), Version{20}, {.records = 5});
    BOOST_TEST(log_support::frames_of(read) ==
                   (log_support::Texts{"1903", "2003", "2103", "2203", "2303"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

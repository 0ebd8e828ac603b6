#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/chat_log.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"
#include "projections/views.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTarget = 0.7;
constexpr std::size_t kRecords = 200'000;
constexpr std::size_t kRounds = 3;

struct Measured {
    Sides events;
    RowsFloor::Work each;
};
struct Both {
    Measured one;  // the view of conversations, which most commits change
    Measured all;
};

double seconds_since(Clock::time_point started) {
    return std::chrono::duration<double>(Clock::now() - started).count();
}

// One round: the views from zero, then their floor. Both in new folders.
events::Status round(events::LocalLog& log,
                     const std::filesystem::path& dir,
                     std::size_t records,
                     std::vector<projections::Projection*> views,
                     Measured& measured) {
    const auto count = static_cast<double>(records);
    Round round;
    {
        auto store = projections::Store::open(dir / "views");
        if (!store) return std::unexpected(store.error());
        projections::Runner runner(log, log.partitions(), **store, std::move(views));
        const CpuClock cpu;
        const auto started = Clock::now();
        if (auto done = runner.catch_up(); !done) return done;
        round.figure = count / seconds_since(started);
        round.cpu_us = cpu.micros() / count;
        const auto counts = (*store)->counts();
        measured.each = {.gets = static_cast<double>(counts.gets) / count,
                         .puts = static_cast<double>(counts.puts) / count};
    }
    auto rows = RowsFloor::open(dir / "floor");
    if (!rows) return std::unexpected(rows.error());
    const CpuClock cpu;
    const auto started = Clock::now();
    if (auto done = (*rows)->apply(records, measured.each); !done) return done;
    round.floor = count / seconds_since(started);
    round.floor_cpu_us = cpu.micros() / count;
    measured.events.add(round);
    return {};
}

events::Result<Both> measure(const BenchOptions& options, const Scratch& scratch) {
    const auto records = options.records == 0 ? kRecords : options.records;
    auto log = events::LocalLog::open(scratch.path() / "log", {.secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    auto keys = events::KeyRing::open(scratch.path() / "keys", {}, {}, true);
    if (!keys) return std::unexpected(keys.error());
    const ChatLogOptions filling{
        .records = records, .tenants = options.tenants, .stream_commits = options.stream_commits};
    if (auto filled = fill_log(**log, **keys, filling); !filled) {
        return std::unexpected(filled.error());
    }
    Both both;
    for (std::size_t i = 0; i < kRounds; ++i) {
        for (auto* const measured : {&both.one, &both.all}) {
            const auto dir = scratch.path() / std::to_string(i);
            projections::Views views;
            auto which = measured == &both.all
                             ? views.all()
                             : std::vector<projections::Projection*>{&views.conversations};
            if (auto done = round(**log, dir, records, std::move(which), *measured); !done) {
                return std::unexpected(done.error());
            }
            std::filesystem::remove_all(dir);
        }
    }
    return both;
}

}  // namespace

int bench_rebuild(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto measured = measure(options, scratch);
        if (!measured) return give_up("rebuild", measured.error().detail);
        Report report("rebuild");
        measured->one.events.print(report, "events/s", kTarget);
        const auto& all = measured->all.events;
        report.number("gets_each", measured->one.each.gets)
            .number("puts_each", measured->one.each.puts)
            .number("all_views", all.figure())
            .number("all_views_floor", all.floor())
            .number("all_views_ratio", all.ratio())
            .number("all_gets_each", measured->all.each.gets)
            .number("all_puts_each", measured->all.each.puts)
            .count("records", options.records == 0 ? kRecords : options.records)
            .text("durable", "not synced: read from the log again after a crash")
            .text("floor_is", "bare RocksDB: the same number of Gets and Puts, and no log to read")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("rebuild", error.what());
    }
}

}  // namespace bench

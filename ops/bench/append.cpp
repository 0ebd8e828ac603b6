#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "events/crypto.hpp"
#include "events/local_log.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/log_writers.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

constexpr double kTarget = 0.6;
// Of clients / flush time, when a slower disk is simulated.
constexpr double kFlushTarget = 0.9;
constexpr std::size_t kRounds = 7;
constexpr events::Partition kPartition{0};

struct Measured {
    Sides sides;
    std::vector<double> flush;  // records/s of one record a flush
    std::vector<double> latencies_ms;
};

events::Result<Measured> measure(const BenchOptions& options, const Scratch& scratch) {
    const events::ClaimRef claim{.term = events::Term{1},
                                 .id = events::random_id<events::ClaimId>()};
    const auto frames = make_frames(claim);
    if (!frames) return std::unexpected(frames.error());
    auto log = events::LocalLog::open(
        scratch.path() / "log",
        {.partitions = 1, .flush_delay_us = options.flush_delay_us, .secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    auto floor = AppendFloor::open(scratch.path() / "floor", options.flush_delay_us);
    if (!floor) return std::unexpected(floor.error());

    LogWriters writers(**log, kPartition, *frames, claim, options.clients);
    const std::chrono::duration<double> slice(options.seconds / (2.0 * kRounds));
    Measured measured;
    // Round 0 warms both up and does not count.
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const CpuClock floor_cpu;
        const auto bare = (*floor)->run(*frames, options.clients, slice);
        if (!bare) return std::unexpected(bare.error());
        const double floor_cpu_us = floor_cpu.micros() / (*bare * slice.count());
        const CpuClock cpu;
        const auto ours = writers.run(slice, round == 0 ? nullptr : &measured.latencies_ms);
        if (!ours) return std::unexpected(ours.error());
        if (round == 0) continue;
        measured.sides.add({.figure = *ours,
                            .floor = *bare,
                            .cpu_us = cpu.micros() / (*ours * slice.count()),
                            .floor_cpu_us = floor_cpu_us});
        if (options.flush_delay_us > 0) {
            const auto single = (*floor)->run(*frames, 1, slice / 4);
            if (!single) return std::unexpected(single.error());
            measured.flush.push_back(*single);
        }
    }
    return measured;
}

}  // namespace

int bench_append(const BenchOptions& options) {
    if (options.kafka) return bench_append_kafka(options);
    const Scratch scratch;
    const auto measured = measure(options, scratch);
    if (!measured) return give_up("append", measured.error().detail);
    Report report("append");
    measured->sides.print(report, "records/s", kTarget);
    report.number("p50_ms", quantile(measured->latencies_ms, 0.5))
        .number("p99_ms", quantile(measured->latencies_ms, 0.99))
        .text("durable", "every record synced before it is read back and counted")
        .count("clients", options.clients)
        .count("record_bytes", kFrameBytes)
        .text("floor_is", "bare RocksDB, one synced WriteBatch of `clients` records, no index");
    if (options.flush_delay_us > 0) {
        const double flush_us = 1e6 / median(measured->flush);
        const double group = options.clients * 1e6 / flush_us;
        report.count("flush_delay_us", options.flush_delay_us)
            .number("flush_us", flush_us, 0)
            .number("flush_floor", group, 0)
            .number("flush_ratio", measured->sides.figure() / group)
            .number("flush_target", kFlushTarget);
    }
    report.print();
    return 0;
}

}  // namespace bench

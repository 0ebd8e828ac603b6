#include <exception>
#include <string>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/chat.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/world.hpp"

namespace bench {
namespace {

constexpr double kTarget = 0.35;
constexpr std::size_t kRounds = 7;

struct Measured {
    Sides records;
    std::vector<double> latencies_ms;
};

events::Result<Measured> measure(const BenchOptions& options, const Scratch& scratch) {
    World world(scratch.path() / "ours", {.flush_delay_us = options.flush_delay_us});
    auto floor = AppendFloor::open(scratch.path() / "floor", options.flush_delay_us);
    if (!floor) return std::unexpected(floor.error());
    const auto values = random_values();
    ChatClients clients(world.writer(), options.clients, options.tenants);
    const std::chrono::duration<double> slice(options.seconds / (2.0 * kRounds));
    Measured measured;
    // Round 0 warms both up and does not count.
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const CpuClock bare_cpu;
        const auto bare = (*floor)->run(values, options.clients, slice);
        if (!bare) return std::unexpected(bare.error());
        const double floor_cpu_us = bare_cpu.micros() / (*bare * slice.count());
        const CpuClock cpu;
        auto run = clients.run(slice);
        if (!run) return std::unexpected(run.error());
        if (round == 0) continue;
        measured.records.add({.figure = run->per_second(),
                              .floor = *bare,
                              .cpu_us = cpu.micros() / static_cast<double>(run->commits),
                              .floor_cpu_us = floor_cpu_us});
        measured.latencies_ms.insert(
            measured.latencies_ms.end(), run->latencies_ms.begin(), run->latencies_ms.end());
    }
    return measured;
}

}  // namespace

int bench_writer(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto measured = measure(options, scratch);
        if (!measured) return give_up("writer", measured.error().detail);
        Report report("writer");
        measured->records.print(report, "commits/s", kTarget);
        report.number("p50_ms", quantile(measured->latencies_ms, 0.5))
            .number("p99_ms", quantile(measured->latencies_ms, 0.99))
            .text("durable", "synced, read back under the fence and evolved; no views")
            .count("clients", options.clients)
            .count("tenants", options.tenants)
            .text("floor_is",
                  "bare RocksDB, one synced WriteBatch of `clients` 400-byte records, no index")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("writer", error.what());
    }
}

}  // namespace bench

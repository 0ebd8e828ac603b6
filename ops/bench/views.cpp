#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/chat.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/world.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTarget = 0.6;
constexpr std::size_t kRounds = 5;

// Records a second of an appender, and behind it on a thread of its own the same look-ups and
// changes of rows that the views make; when both have done them.
events::Result<double> run_floor(AppendFloor& appends,
                                 RowsFloor& rows,
                                 const RowsFloor::Work& each,
                                 const std::vector<std::string>& values,
                                 std::size_t batch,
                                 std::chrono::duration<double> duration) {
    const auto started = Clock::now();
    std::atomic<std::size_t> appended = 0;
    std::atomic<bool> ended = false;
    events::Status followed;
    std::thread follower([&] {
        for (std::size_t done = 0; followed;) {
            const bool last = ended;
            const std::size_t behind = appended - done;
            if (behind == 0 && last) return;
            if (behind == 0) std::this_thread::yield();
            followed = rows.apply(behind, each);
            done += behind;
        }
    });
    events::Result<std::size_t> written = std::size_t{0};
    while (written && Clock::now() - started < duration) {
        written = appends.write(values, batch);
        if (written) appended += *written;
    }
    ended = true;
    follower.join();
    if (!written) return std::unexpected(written.error());
    if (!followed) return std::unexpected(followed.error());
    const std::chrono::duration<double> passed = Clock::now() - started;
    return static_cast<double>(appended) / passed.count();
}

struct Measured {
    Sides commits;
    std::vector<double> latencies_ms;
    RowsFloor::Work each;
};

events::Result<Measured> measure(const BenchOptions& options, const Scratch& scratch) {
    World world(scratch.path() / "ours", {.views = true, .flush_delay_us = options.flush_delay_us});
    auto appends = AppendFloor::open(scratch.path() / "floor", options.flush_delay_us);
    if (!appends) return std::unexpected(appends.error());
    auto rows = RowsFloor::open(scratch.path() / "floor-rows");
    if (!rows) return std::unexpected(rows.error());
    const auto values = random_values();
    ChatClients clients(world.writer(), options.clients, options.tenants);
    const std::chrono::duration<double> slice(options.seconds / (2.0 * kRounds));
    Measured measured;
    // Round 0 warms both up and does not count.
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const auto before = world.store().counts();
        const CpuClock cpu;
        const auto started = Clock::now();
        auto run = clients.run(slice);
        if (!run) return std::unexpected(run.error());
        // Steady state: what the views have still to do counts as well.
        world.wait_for_views();
        const std::chrono::duration<double> passed = Clock::now() - started;
        const auto commits = static_cast<double>(run->commits);
        const double cpu_us = cpu.micros() / commits;
        const auto after = world.store().counts();
        measured.each = {.gets = static_cast<double>(after.gets - before.gets) / commits,
                         .puts = static_cast<double>(after.puts - before.puts) / commits};
        const CpuClock floor_cpu;
        const auto bare =
            run_floor(**appends, **rows, measured.each, values, options.clients, slice);
        if (!bare) return std::unexpected(bare.error());
        if (round == 0) continue;
        measured.commits.add({.figure = commits / passed.count(),
                              .floor = *bare,
                              .cpu_us = cpu_us,
                              .floor_cpu_us = floor_cpu.micros() / (*bare * slice.count())});
        measured.latencies_ms.insert(
            measured.latencies_ms.end(), run->latencies_ms.begin(), run->latencies_ms.end());
    }
    return measured;
}

}  // namespace

int bench_views(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto measured = measure(options, scratch);
        if (!measured) return give_up("views", measured.error().detail);
        Report report("views");
        measured->commits.print(report, "commits/s", kTarget);
        report.number("p50_ms", quantile(measured->latencies_ms, 0.5))
            .number("p99_ms", quantile(measured->latencies_ms, 0.99))
            .number("gets_each", measured->each.gets)
            .number("puts_each", measured->each.puts)
            .text("durable", "synced, read back and evolved; every view has applied it")
            .count("clients", options.clients)
            .count("tenants", options.tenants)
            .text("floor_is",
                  "bare RocksDB: one synced WriteBatch of `clients` 400-byte records, and on "
                  "another thread gets_each Gets and puts_each Puts of each")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("views", error.what());
    }
}

}  // namespace bench

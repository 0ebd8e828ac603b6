#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <vector>

#include "events/crypto.hpp"
#include "events/kafka_log.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/floor_kafka.hpp"
#include "ops/bench/kafka_topics.hpp"
#include "ops/bench/log_writers.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

constexpr std::size_t kRounds = 5;

// The share of the bare loop that is asked for, by how many records are in flight.
struct Target {
    unsigned clients;
    double ratio;
};
constexpr std::array kTargets{Target{1, 0.9}, Target{64, 0.8}, Target{1024, 0.6}};

double target_of(unsigned clients) {
    return std::ranges::find_if(kTargets, [&](const auto& one) { return clients <= one.clients; })
        ->ratio;
}

// As a leader's first append: returns once the claim is back.
events::Status claim(events::Log& log, events::Partition partition, const events::ClaimRef& ref) {
    auto record = make_claim(ref);
    if (!record) return std::unexpected(record.error());
    std::vector<events::Outgoing> records;
    records.push_back(*std::move(record));
    std::promise<events::Status> done;
    log.append(partition, std::move(records), [&done](const events::Status& status) {
        done.set_value(status);
    });
    return done.get_future().get();
}

// One writer a partition, each on a thread of its own.
class AllWriters {
  public:
    AllWriters(events::Log& log,
               std::uint16_t partitions,
               const std::vector<std::string>& frames,
               const events::ClaimRef& ref,
               std::size_t clients) {
        for (std::uint16_t i = 0; i < partitions; ++i) {
            writers_.push_back(
                std::make_unique<LogWriters>(log, events::Partition{i}, frames, ref, clients));
        }
    }
    // Of all together.
    events::Result<double> run(std::chrono::duration<double> duration,
                               std::vector<double>* latencies_ms) {
        std::vector<std::vector<double>> latencies(writers_.size());
        std::vector<std::future<events::Result<double>>> runs;
        for (std::size_t i = 0; i < writers_.size(); ++i) {
            runs.push_back(std::async(
                std::launch::async, [&, i] { return writers_[i]->run(duration, &latencies[i]); }));
        }
        double sum = 0;
        events::Status failed;
        for (auto& run : runs) {
            const auto rate = run.get();
            if (!rate) failed = std::unexpected(rate.error());
            sum += rate.value_or(0);
        }
        if (!failed) return std::unexpected(failed.error());
        if (latencies_ms == nullptr) return sum;
        for (const auto& of_one : latencies) {
            latencies_ms->insert(latencies_ms->end(), of_one.begin(), of_one.end());
        }
        return sum;
    }

  private:
    std::vector<std::unique_ptr<LogWriters>> writers_;
};

struct Measured {
    Sides sides;
    std::vector<double> produced;  // records/s that were acknowledged only
    std::vector<double> latencies_ms;
    std::vector<double> floor_latencies_ms;
};

// `writers` has been run by `options.clients` once; gives the rounds.
events::Status measure_rounds(const BenchOptions& options,
                              AllWriters& writers,
                              KafkaFloor& floor,
                              const std::vector<std::string>& frames,
                              Measured& measured) {
    const std::chrono::duration<double> slice(options.seconds / (3.0 * kRounds));
    const KafkaFloor::Load load{.values = frames, .in_flight = options.clients, .duration = slice};
    // Round 0 warms all up and does not count.
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const bool counts = round > 0;
        const CpuClock floor_cpu;
        const auto bare = floor.run(load, counts ? &measured.floor_latencies_ms : nullptr);
        if (!bare) return std::unexpected(bare.error());
        const double floor_cpu_us = floor_cpu.micros() / (*bare * slice.count());
        const CpuClock cpu;
        const auto ours = writers.run(slice, counts ? &measured.latencies_ms : nullptr);
        if (!ours) return std::unexpected(ours.error());
        const double cpu_us = cpu.micros() / (*ours * slice.count());
        const auto produced = floor.produce(load);
        if (!produced) return std::unexpected(produced.error());
        if (!counts) continue;
        measured.produced.push_back(*produced);
        measured.sides.add(
            {.figure = *ours, .floor = *bare, .cpu_us = cpu_us, .floor_cpu_us = floor_cpu_us});
    }
    return {};
}

events::Result<Measured> measure(const BenchOptions& options, const Scratch& scratch) {
    const auto partitions = static_cast<std::uint16_t>(options.partitions);
    const auto topics = KafkaTopics::make(*options.kafka, partitions);
    if (!topics) return std::unexpected(topics.error());
    const events::ClaimRef ref{.term = events::Term{1}, .id = events::random_id<events::ClaimId>()};
    const auto frames = make_frames(ref);
    if (!frames) return std::unexpected(frames.error());
    auto floor = KafkaFloor::open(*options.kafka, topics->floor(), partitions);
    if (!floor) return std::unexpected(floor.error());
    events::KafkaLogOptions log_options;
    log_options.connection = *options.kafka;
    log_options.topics = topics->name();
    auto log = events::KafkaLog::open(scratch.path() / "log", std::move(log_options));
    if (!log) return std::unexpected(log.error());
    for (std::uint16_t i = 0; i < partitions; ++i) {
        if (auto claimed = claim(**log, events::Partition{i}, ref); !claimed) {
            return std::unexpected(claimed.error());
        }
    }
    AllWriters writers(**log, partitions, *frames, ref, options.clients);
    Measured measured;
    const auto done = measure_rounds(options, writers, **floor, *frames, measured);
    log->reset();  // before the writers, whom it still tells
    if (!done) return std::unexpected(done.error());
    return measured;
}

}  // namespace

int bench_append_kafka(const BenchOptions& options) {
    const Scratch scratch;
    const auto measured = measure(options, scratch);
    if (!measured) return give_up("append", measured.error().detail);
    Report report("append");
    measured->sides.print(report, "records/s", target_of(options.clients));
    report.number("p50_ms", median(measured->latencies_ms))
        .number("p99_ms", quantile(measured->latencies_ms, 0.99))
        .number("floor_p50_ms", median(measured->floor_latencies_ms))
        .text("durable", kDurableOnKafka)
        .text("log", "kafka")
        .count("partitions", options.partitions)
        .count("clients", options.clients)
        .count("record_bytes", kFrameBytes)
        .text("floor_is", "the bare Kafka client, same settings: produce and read back")
        .number("produced_only", median(measured->produced));
    report.print();
    return 0;
}

}  // namespace bench

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/floor_kafka.hpp"
#include "ops/bench/kafka_topics.hpp"
#include "ops/bench/load.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/subject.hpp"

namespace bench {
namespace {

constexpr double kTarget = 0.6;
// How much longer than the bare loop a single command may take.
constexpr double kOverBareMs = 0.3;
constexpr std::size_t kRounds = 5;
// Of a round: both sides under load, both with a single command, and the bare loop.
constexpr double kPartsOfRound = 5;
constexpr std::size_t kRecordBytes = 400;

struct Measured {
    Sides sides;
    std::vector<double> p50_ms;
    std::vector<double> p99_ms;
    std::vector<double> single_p50_ms;
    std::vector<double> floor_single_p50_ms;
    std::vector<double> bare_ms;
    std::uint64_t errors = 0;
};

struct Side {
    const Subject& subject;
    NextRequest next;
    MeasuredLoad run(LoadOptions load) const {
        load.port = subject.port();
        return measure_load(load, next);
    }
};

Measured measure(const BenchOptions& options,
                 const Side& ours,
                 const Side& embedded,
                 KafkaFloor& bare) {
    const std::chrono::duration<double> slice(options.seconds / (kPartsOfRound * kRounds));
    LoadOptions load;
    load.connections = options.clients;
    load.duration = std::chrono::duration_cast<std::chrono::milliseconds>(slice);
    load.warm_up = load.duration / 4;
    auto single = load;
    single.connections = 1;
    const std::vector<std::string> values(1, std::string(kRecordBytes, 'x'));

    Measured measured;
    for (std::size_t round = 0; round < kRounds; ++round) {
        const auto floor = embedded.run(load);
        const auto figure = ours.run(load);
        const auto floor_single = embedded.run(single);
        const auto figure_single = ours.run(single);
        const auto looped =
            bare.run({.values = values, .in_flight = 1, .duration = slice}, &measured.bare_ms);
        if (!looped) throw std::runtime_error(looped.error().detail);
        for (const auto* one : {&floor, &figure, &floor_single, &figure_single}) {
            measured.errors += one->load.errors;
        }
        measured.sides.add(round_of(figure, floor));
        measured.p50_ms.push_back(figure.load.p50_ms);
        measured.p99_ms.push_back(figure.load.p99_ms);
        measured.single_p50_ms.push_back(figure_single.load.p50_ms);
        measured.floor_single_p50_ms.push_back(floor_single.load.p50_ms);
    }
    return measured;
}

Measured measure_on(const BenchOptions& options, const Scratch& scratch) {
    const auto topics = KafkaTopics::make(*options.kafka, 1);
    if (!topics) throw std::runtime_error(topics.error().detail);
    auto bare = KafkaFloor::open(*options.kafka, topics->floor(), 1);
    if (!bare) throw std::runtime_error(bare.error().detail);
    const Subject embedded(scratch.path() / "embedded", {.background = true});
    const Subject node(scratch.path() / "node", {.kafka = options.kafka});
    return measure(options,
                   {.subject = node, .next = node.messages(options.clients)},
                   {.subject = embedded, .next = embedded.messages(options.clients)},
                   **bare);
}

}  // namespace

int bench_command_kafka(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto measured = measure_on(options, scratch);
        if (measured.errors > 0) {
            return give_up("command", fmt::format("{} requests failed", measured.errors));
        }
        const double single = median(measured.single_p50_ms);
        const double bare = median(measured.bare_ms);
        Report report("command");
        measured.sides.print(report, "commands/s", kTarget);
        report.text("floor_is", "the embedded engine, same load")
            .number("p50_ms", median(measured.p50_ms))
            .number("p99_ms", median(measured.p99_ms))
            .text("durable", kDurableOnKafka)
            .text("log", "kafka")
            .count("clients", options.clients)
            .number("single_p50_ms", single)
            .number("floor_single_p50_ms", median(measured.floor_single_p50_ms))
            .number("bare_loop_p50_ms", bare)
            .number("single_over_bare_ms", single - bare)
            .number("single_over_bare_target_ms", kOverBareMs);
        report.print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("command", error.what());
    }
}

}  // namespace bench

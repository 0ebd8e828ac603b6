#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/directory.hpp"
#include "ops/bench/floor_beast.hpp"
#include "ops/bench/load.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/subject.hpp"

namespace bench {
namespace {

constexpr double kTarget = 0.5;
constexpr std::size_t kRounds = 5;
constexpr std::size_t kMessages = 50;
constexpr std::size_t kTextBytes = 60;
constexpr std::size_t kExperts = 10'000;
constexpr std::size_t kSearches = 20;  // of each kind

struct Measured {
    Sides queries;
    Sides https;  // against plain HTTP
    std::vector<double> p50_ms;
    std::vector<double> p99_ms;
    std::size_t page_bytes = 0;
};

Measured measure(const BenchOptions& options, const Subject& subject) {
    auto client = subject.client();
    std::vector<std::string> targets;
    for (unsigned i = 0; i < options.clients; ++i) {
        const auto path = subject.open_conversation(client);
        for (std::size_t m = 0; m < kMessages; ++m) {
            subject.send(client, path, std::string(kTextBytes, 'x'));
        }
        targets.push_back(path + "?limit=" + std::to_string(kMessages));
    }
    Measured measured;
    const auto page = subject.get(client, targets.back());
    measured.page_bytes = page.size();
    const auto headers = subject.headers();
    const NextRequest next = [&](std::size_t connection, std::string& out) {
        append_get(out, targets[connection], headers);
    };
    const FloorBeast floor(kIoThreads, page);
    LoadOptions load;
    load.connections = options.clients;
    load.duration = std::chrono::milliseconds(
        static_cast<std::int64_t>(options.seconds * 1000.0 / (2.0 * kRounds)));
    load.warm_up = load.duration / 4;
    for (std::size_t round = 0; round < kRounds; ++round) {
        load.port = floor.port();
        const auto bare = measure_load(load, next);
        load.port = subject.port();
        const auto ours = measure_load(load, next);
        if (bare.load.errors + ours.load.errors > 0) throw std::runtime_error("requests failed");
        measured.queries.add(round_of(ours, bare));
        measured.p50_ms.push_back(ours.load.p50_ms);
        measured.p99_ms.push_back(ours.load.p99_ms);
        if (!options.tls) continue;
        auto tls = load;
        tls.tls = true;
        tls.port = subject.https_port();
        const auto https = measure_load(tls, next);
        if (https.load.errors > 0) throw std::runtime_error("requests over HTTPS failed");
        measured.https.add(round_of(https, ours));
    }
    return measured;
}

}  // namespace

int bench_query(const BenchOptions& options) {
    try {
        Measured measured;
        {
            const Scratch scratch;
            const Subject subject(scratch.path(), {.https = options.tls});
            measured = measure(options, subject);
        }
        const auto experts = options.records > 0 ? options.records : kExperts;
        const auto directory = measure_directory(experts, kSearches);
        Report report("query");
        measured.queries.print(report, "pages/s", kTarget);
        report.number("p50_ms", median(measured.p50_ms))
            .number("p99_ms", median(measured.p99_ms))
            .count("page_bytes", measured.page_bytes)
            .count("messages", kMessages)
            .count("clients", options.clients)
            .count("records", directory.experts)
            .number("search_p50_ms", median(directory.all_ms))
            .number("search_p99_ms", quantile(directory.all_ms, 0.99))
            .number("slowest_search_p50_ms", std::ranges::max(directory.p50_ms))
            .text("durable", "read only; over plain HTTP, every text unsealed")
            .text("floor_is", "bare Beast, a fixed answer of as many bytes, same load");
        if (options.tls) print_https(report, measured.https);
        report.print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("query", error.what());
    }
}

}  // namespace bench

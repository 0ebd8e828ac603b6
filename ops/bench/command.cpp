#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/client.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/floor_beast.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/load.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/subject.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTarget = 0.30;
constexpr std::size_t kRounds = 5;
constexpr std::size_t kTextBytes = 200;
constexpr std::chrono::milliseconds kSampleEvery{50};

// How long after its acknowledgement a message shows in the view: the time of a query that waits
// for its position, sampled beside the load.
class ViewLag {
  public:
    explicit ViewLag(const Subject& subject) : subject_(subject) {
        thread_ = std::thread([this] { run(); });
    }
    ~ViewLag() { stop(); }
    ViewLag(const ViewLag&) = delete;
    ViewLag& operator=(const ViewLag&) = delete;
    std::vector<double> stop() {
        stopped_ = true;
        if (thread_.joinable()) thread_.join();
        return samples_ms_;
    }

  private:
    void run() {
        try {
            auto client = subject_.client();
            const auto path = subject_.open_conversation(client);
            while (!stopped_) sample(client, path);
        } catch (const std::exception&) {
            samples_ms_.clear();  // no samples: the report says 0
        }
    }
    void sample(gateway::Client& client, const std::string& path) {
        const std::vector<std::pair<std::string, std::string>> headers{
            {"Authorization", "Bearer " + subject_.token()}};
        const auto sent =
            client.request("POST", path, headers, R"({"author":"visitor","text":"shown yet?"})");
        if (!sent || sent->status != 201) return;
        const auto position =
            boost::json::parse(sent->body).at("position").to_number<std::uint64_t>();
        const auto started = Clock::now();
        const auto shown = client.request(
            "GET", fmt::format("{}?limit=1&min_position={}", path, position), headers, "");
        if (!shown || shown->status != 200) return;
        samples_ms_.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - started).count());
        std::this_thread::sleep_for(kSampleEvery);
    }

    const Subject& subject_;
    std::atomic<bool> stopped_{false};
    std::vector<double> samples_ms_;
    std::thread thread_;
};

struct Measured {
    Sides sides;
    Sides https;  // against plain HTTP
    std::vector<double> p50_ms;
    std::vector<double> p99_ms;
    std::vector<double> view_lag_ms;
    std::uint64_t errors = 0;
};

Measured measure(const BenchOptions& options, const Subject& subject) {
    const NextRequest next = subject.messages(options.clients);
    const FloorBeast floor(kIoThreads, kPostAnswer);
    LoadOptions load;
    load.connections = options.clients;
    load.duration = std::chrono::milliseconds(
        static_cast<std::int64_t>(options.seconds * 1000.0 / (2.0 * kRounds)));
    load.warm_up = load.duration / 4;

    Measured measured;
    for (std::size_t round = 0; round < kRounds; ++round) {
        load.port = floor.port();
        const auto bare = measure_load(load, next);
        load.port = subject.port();
        ViewLag lag(subject);
        const auto ours = measure_load(load, next);
        for (const double sample : lag.stop()) measured.view_lag_ms.push_back(sample);
        measured.errors += bare.load.errors + ours.load.errors;
        measured.sides.add(round_of(ours, bare));
        measured.p50_ms.push_back(ours.load.p50_ms);
        measured.p99_ms.push_back(ours.load.p99_ms);
        if (!options.tls) continue;
        auto tls = load;
        tls.tls = true;
        tls.port = subject.https_port();
        const auto https = measure_load(tls, next);
        measured.errors += https.load.errors;
        measured.https.add(round_of(https, ours));
    }
    return measured;
}

// Milliseconds of one synced RocksDB write: what a single command is held against.
double synced_write_ms(const BenchOptions& options, const std::filesystem::path& scratch) {
    auto floor = AppendFloor::open(scratch / "one-write", options.flush_delay_us);
    if (!floor) return 0;
    const auto rate =
        (*floor)->run({std::string(kTextBytes * 2, 'x')}, 1, std::chrono::duration<double>(1));
    return rate && *rate > 0 ? 1000.0 / *rate : 0;
}

}  // namespace

int bench_command(const BenchOptions& options) {
    if (options.kafka) return bench_command_kafka(options);
    try {
        const Scratch scratch;
        Measured measured;
        {
            const Subject subject(scratch.path(),
                                  {.flush_delay_us = options.flush_delay_us, .https = options.tls});
            measured = measure(options, subject);
        }
        if (measured.errors > 0) {
            return give_up("command", fmt::format("{} requests failed", measured.errors));
        }
        const double write_ms = synced_write_ms(options, scratch.path());
        const double p50 = median(measured.p50_ms);
        Report report("command");
        measured.sides.print(report, "commands/s", kTarget);
        report.text("floor_is", "bare Beast POST echo, same load")
            .number("p50_ms", p50)
            .number("p99_ms", median(measured.p99_ms))
            .text("durable", "synced before the acknowledgement, read back under the fence")
            .count("clients", options.clients)
            .number("view_lag_p99_ms", quantile(measured.view_lag_ms, 0.99))
            .number("synced_write_ms", write_ms)
            .number("p50_over_synced_write", write_ms > 0 ? p50 / write_ms : 0, 2);
        if (options.tls) print_https(report, measured.https);
        report.print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("command", error.what());
    }
}

}  // namespace bench

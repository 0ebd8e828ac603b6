#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/certificate.hpp"
#include "ops/bench/floor_live.hpp"
#include "ops/bench/live_subject.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTarget = 0.7;
constexpr std::size_t kRounds = 5;
constexpr std::size_t kSubscribers = 1'000;
// Messages that not everybody has heard yet; with more the next one waits.
constexpr std::size_t kOnTheirWay = 4;
constexpr std::size_t kTextBytes = 200;
constexpr std::string_view kMark = "bench-";
constexpr std::chrono::seconds kGiveUpAfter{60};

// Numbers the messages, and counts who has heard each.
class Ears {
  public:
    explicit Ears(std::size_t listeners) : listeners_(listeners) {}

    // Any thread: somebody was told the text.
    void heard(std::string_view text) {
        const auto at = text.find(kMark);
        if (at == text.npos) return;
        std::size_t number = 0;
        const auto* const digits = text.data() + at + kMark.size();
        std::from_chars(digits, text.data() + text.size(), number);
        const std::lock_guard lock(mutex_);
        ++heard_;
        const auto message = under_way_.find(number);
        if (message == under_way_.end() || ++message->second.ears < listeners_) return;
        latencies_ms_.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - message->second.said).count());
        under_way_.erase(message);
        changed_.notify_all();
    }

    // A new message's text, once there is room for one more on its way.
    std::string next() {
        wait_for([this] { return under_way_.size() < kOnTheirWay; });
        const std::lock_guard lock(mutex_);
        under_way_[++last_] = {.said = Clock::now(), .ears = 0};
        std::string text = fmt::format("{}{} ", kMark, last_);
        text.resize(kTextBytes, 'x');
        return text;
    }
    void wait_for_all() {
        wait_for([this] { return under_way_.empty(); });
    }

    [[nodiscard]] std::uint64_t heard_so_far() const {
        const std::lock_guard lock(mutex_);
        return heard_;
    }
    [[nodiscard]] std::vector<double> latencies_ms() const {
        const std::lock_guard lock(mutex_);
        return latencies_ms_;
    }

  private:
    void wait_for(const std::function<bool()>& condition) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, kGiveUpAfter, condition)) {
            throw std::runtime_error("a message did not reach every subscriber");
        }
    }
    struct Message {
        Clock::time_point said;
        std::size_t ears = 0;
    };
    const std::size_t listeners_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::size_t, Message> under_way_;
    std::size_t last_ = 0;
    std::uint64_t heard_ = 0;
    std::vector<double> latencies_ms_;
};

struct Told {
    double per_second = 0;
    double cpu_us = 0;
};

// Says messages for that long, each to all who listen.
Told tell(Ears& ears,
          std::chrono::duration<double> duration,
          const std::function<void(std::string)>& say) {
    const auto start = Clock::now();
    const auto before = ears.heard_so_far();
    const CpuClock cpu;
    while (Clock::now() - start < duration) say(ears.next());
    ears.wait_for_all();
    const auto heard = static_cast<double>(ears.heard_so_far() - before);
    const std::chrono::duration<double> took = Clock::now() - start;
    return {.per_second = heard / took.count(), .cpu_us = cpu.micros() / std::max(1.0, heard)};
}

struct Measured {
    Sides sides;
    std::vector<double> latencies_ms;
    std::vector<double> floor_latencies_ms;
};

Measured measure(const BenchOptions& options, std::size_t listeners, const Scratch& scratch) {
    const auto tls = make_certificate(scratch.path());
    FloorLive floor(tls);
    Ears floor_ears(listeners);
    const LiveCrowd floor_crowd({.port = floor.port(), .clients = listeners},
                                [&floor_ears](std::string_view text) { floor_ears.heard(text); });

    const LiveSubject subject(scratch.path(), tls, listeners);
    LiveUser user(subject.port(), subject.token(), tls);
    const auto conversation = user.open_conversation();
    Ears ears(listeners);
    const LiveCrowd crowd(user.crowd(listeners, conversation.topic),
                          [&ears](std::string_view text) { ears.heard(text); });

    const std::chrono::duration<double> each(options.seconds / (2.0 * kRounds));
    const auto bare = [&floor](std::string text) { floor.tell_all(std::move(text)); };
    const auto ours = [&](const std::string& text) { user.send(conversation.messages, text); };
    tell(floor_ears, each / 4, bare);
    tell(ears, each / 4, ours);
    Measured measured;
    for (std::size_t round = 0; round < kRounds; ++round) {
        const auto below = tell(floor_ears, each, bare);
        const auto figure = tell(ears, each, ours);
        measured.sides.add({.figure = figure.per_second,
                            .floor = below.per_second,
                            .cpu_us = figure.cpu_us,
                            .floor_cpu_us = below.cpu_us});
    }
    measured.latencies_ms = ears.latencies_ms();
    measured.floor_latencies_ms = floor_ears.latencies_ms();
    return measured;
}

}  // namespace

int bench_fanout(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const std::size_t listeners = options.sockets == 0 ? kSubscribers : options.sockets;
        const auto measured = measure(options, listeners, scratch);
        Report report("fanout");
        measured.sides.print(report, "deliveries/s", kTarget);
        report.count("subscribers", listeners)
            .number("p50_ms", median(measured.latencies_ms))
            .number("p99_ms", quantile(measured.latencies_ms, 0.99))
            .number("floor_p99_ms", quantile(measured.floor_latencies_ms, 0.99))
            .text("latency_is", "from the command's request to the last subscriber's frame")
            .text("durable", "synced before anybody is told; over TLS")
            .text("floor_is", "bare Beast over TLS, the same text to as many, no command")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("fanout", error.what());
    }
}

}  // namespace bench

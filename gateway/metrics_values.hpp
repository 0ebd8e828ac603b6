#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The values behind the metrics: plain atomics, no lock and no look-up where something is counted.
// All may be touched by any thread; a reader sees each number, not all of one moment.
namespace gateway {

class Counter {
  public:
    void add(std::uint64_t more = 1) { value_.fetch_add(more, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
  public:
    void add(std::int64_t more) { value_.fetch_add(more, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

// How long something took, in buckets from 100 microseconds to 10 seconds.
class Durations {
  public:
    // The upper bounds of the buckets, inclusive; behind them comes one without a bound.
    static constexpr std::array<std::int64_t, 16> kBoundsUs{100,
                                                            250,
                                                            500,
                                                            1'000,
                                                            2'500,
                                                            5'000,
                                                            10'000,
                                                            25'000,
                                                            50'000,
                                                            100'000,
                                                            250'000,
                                                            500'000,
                                                            1'000'000,
                                                            2'500'000,
                                                            5'000'000,
                                                            10'000'000};

    void observe(std::chrono::nanoseconds took);

    struct Reading {
        std::array<std::uint64_t, kBoundsUs.size() + 1> counts{};  // by bucket, not cumulated
        double sum_s = 0;
    };
    [[nodiscard]] Reading read() const;

  private:
    std::array<std::atomic<std::uint64_t>, kBoundsUs.size() + 1> counts_{};
    std::atomic<std::uint64_t> sum_ns_{0};
};

// Counts by a code that is a string literal or lives as long as one: found by its address, so that
// counting is one pass over a short table without a lock. Codes beyond the table count as "other".
class CodeCounter {
  public:
    static constexpr std::size_t kCodesMax = 256;

    void add(std::string_view code);

    struct Reading {
        std::string code;
        std::uint64_t count = 0;
    };
    // Equal codes at several addresses are one. Ascending by code.
    [[nodiscard]] std::vector<Reading> read() const;

  private:
    struct Slot {
        std::atomic<const char*> code{nullptr};
        std::atomic<std::size_t> size{0};  // written behind `code`, by whoever took the slot
        Counter count;
    };
    std::array<Slot, kCodesMax> slots_;
    Counter other_;
};

}  // namespace gateway

#include "gateway/metrics_values.hpp"

#include <algorithm>
#include <map>

namespace gateway {

void Durations::observe(std::chrono::nanoseconds took) {
    const std::int64_t ns = std::max<std::int64_t>(took.count(), 0);
    // Rounded up: a bound of 100 microseconds does not take in 100.5.
    const std::int64_t us = ns / 1000 + (ns % 1000 == 0 ? 0 : 1);
    std::size_t bucket = 0;
    while (bucket < kBoundsUs.size() && us > kBoundsUs[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(static_cast<std::uint64_t>(ns), std::memory_order_relaxed);
}

Durations::Reading Durations::read() const {
    constexpr double kNsPerSecond = 1e9;
    Reading reading;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        reading.counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    reading.sum_s = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / kNsPerSecond;
    return reading;
}

void CodeCounter::add(std::string_view code) {
    for (auto& slot : slots_) {
        const char* seen = slot.code.load(std::memory_order_acquire);
        if (seen == nullptr && slot.code.compare_exchange_strong(seen, code.data())) {
            slot.size.store(code.size(), std::memory_order_release);
            seen = code.data();
        }
        if (seen == code.data()) return slot.count.add();
    }
    other_.add();
}

std::vector<CodeCounter::Reading> CodeCounter::read() const {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& slot : slots_) {
        const auto size = slot.size.load(std::memory_order_acquire);
        if (size == 0) continue;  // free, or just being taken
        counts[std::string(slot.code.load(std::memory_order_acquire), size)] += slot.count.value();
    }
    if (other_.value() > 0) counts["other"] += other_.value();
    std::vector<Reading> readings;
    for (auto& [code, count] : counts) readings.push_back({.code = code, .count = count});
    return readings;
}

}  // namespace gateway

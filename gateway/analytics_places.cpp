#include "gateway/analytics_places.hpp"

#include <algorithm>
#include <utility>

#include "gateway/log.hpp"

namespace gateway {
namespace {

using events::Offset;
using events::Partition;
using events::Status;

// How often it is looked how far the partitions have come; about so much of what happened is told
// again by the next owner.
constexpr std::chrono::milliseconds kLookEvery{500};
constexpr std::chrono::seconds kAgainAfter{1};
// Whoever keeps the places may forget those that nobody puts for days.
constexpr std::chrono::hours kPutAllEvery{12};

}  // namespace

AnalyticsPlaces::AnalyticsPlaces(Parts parts)
    : parts_(std::move(parts)), open_(parts_.partitions) {}

AnalyticsPlaces::~AnalyticsPlaces() {
    stop();
}

void AnalyticsPlaces::start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void AnalyticsPlaces::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void AnalyticsPlaces::held(Partition partition, bool holds) {
    {
        const std::lock_guard lock(mutex_);
        open_.at(partition.value).store(false, std::memory_order_release);
        if (holds) {
            asked_.insert(partition);
        } else {
            asked_.erase(partition);
        }
    }
    if (holds) wake_.notify_all();
}

// False when it shall stop.
bool AnalyticsPlaces::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void AnalyticsPlaces::run() {
    auto put_all = std::chrono::steady_clock::now() + kPutAllEvery;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, kLookEvery, [this] { return stopping_ || !asked_.empty(); });
            if (stopping_) break;
        }
        const auto now = std::chrono::steady_clock::now();
        auto done = open_asked();
        if (auto put = put_moved(now > put_all); !put) done = std::move(put);
        if (done) {
            if (now > put_all) put_all = now + kPutAllEvery;
            continue;
        }
        log_event(LogLevel::kWarning, "analytics-places-again", {{"error", done.error()}});
        if (!pause(kAgainAfter)) break;
    }
    // What is not put is told again.
    if (const auto put = put_moved(false); !put) {
        log_event(LogLevel::kWarning, "analytics-places-again", {{"error", put.error()}});
    }
}

Status AnalyticsPlaces::open_asked() {
    std::vector<Partition> asked;
    {
        const std::lock_guard lock(mutex_);
        asked.assign(asked_.begin(), asked_.end());
    }
    if (asked.empty()) return {};
    const auto kept = parts_.kept.get(asked);
    if (!kept) return std::unexpected(kept.error());
    if (auto moved = parts_.move_on(*kept); !moved) return moved;
    for (const auto partition : asked) {
        const auto here = parts_.reached(partition);
        if (!here) return std::unexpected(here.error());
        const auto there = kept->find(partition);
        const bool holds = there != kept->end() && there->second.next <= here->next;
        put_[partition] = holds ? there->second.next : Offset{};
        {
            const std::lock_guard lock(mutex_);
            // Lost meanwhile; and if it was gained since, what was asked for is only older.
            if (asked_.erase(partition) == 0) continue;
            open_.at(partition.value).store(true, std::memory_order_release);
        }
        parts_.opened(partition);
    }
    return {};
}

// `all`: those that are open as well that have not moved.
Status AnalyticsPlaces::put_moved(bool all) {
    events::PlacesByPartition moved;
    for (const auto& [partition, put] : put_) {
        auto place = parts_.reached(partition);
        if (!place) return std::unexpected(std::move(place.error()));
        if (place->next > put || (all && is_open(partition))) {
            moved.emplace(partition, *std::move(place));
        }
    }
    if (auto done = parts_.kept.put(moved); !done) return done;
    for (const auto& [partition, place] : moved) put_[partition] = place.next;
    return {};
}

}  // namespace gateway

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "events/feed_places.hpp"

// Of which partitions a node of a cluster tells the topic for analytics, and from where on: those
// it holds, from where it or another node had come. A partition opens once its place was asked for,
// and closes at once when it is lost; how far it has come is put where the next owner finds it,
// some moments late, so what happened in these moments is told again. One thread.
namespace gateway {

class AnalyticsPlaces {
  public:
    struct Parts {
        std::uint16_t partitions;
        events::FeedPlaces& kept;
        // How far this node has come.
        std::function<events::Result<events::FeedPlace>(events::Partition)> reached;
        // Goes on from these places, where they are further than it has come.
        std::function<events::Status(const events::PlacesByPartition&)> move_on;
        // There may be something to tell.
        std::function<void(events::Partition)> opened;
    };
    explicit AnalyticsPlaces(Parts parts);
    ~AnalyticsPlaces();  // stops
    AnalyticsPlaces(const AnalyticsPlaces&) = delete;
    AnalyticsPlaces& operator=(const AnalyticsPlaces&) = delete;

    void start();
    // Puts what is left to put; waits some seconds at most.
    void stop();

    // Any thread, never block.
    void held(events::Partition partition, bool holds);
    [[nodiscard]] bool is_open(events::Partition partition) const {
        return open_.at(partition.value).load(std::memory_order_acquire);
    }

  private:
    void run();
    events::Status open_asked();
    events::Status put_moved(bool all);
    bool pause(std::chrono::milliseconds time);

    const Parts parts_;
    std::vector<std::atomic<bool>> open_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;              // under mutex_
    std::set<events::Partition> asked_;  // under mutex_; held, and not open yet
    std::thread thread_;
    // The thread's own: how far what was open here is known to be put.
    std::map<events::Partition, events::Offset> put_;
};

}  // namespace gateway

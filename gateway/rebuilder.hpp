#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "events/log.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"

// Builds every view anew while the old ones serve, one after the other (decision 0014). One thread,
// there only while it works.
namespace gateway {

class Rebuilder {
  public:
    // All borrowed; they outlive stop().
    Rebuilder(events::Log& log,
              std::uint16_t partitions,
              projections::Store& store,
              projections::Runner& runner)
        : log_(log), partitions_(partitions), store_(store), runner_(runner) {}
    ~Rebuilder() { stop(); }
    Rebuilder(const Rebuilder&) = delete;
    Rebuilder& operator=(const Rebuilder&) = delete;

    // False when one is going on already. What becomes of each view is logged.
    bool start();
    // Gives up the view in hand, whose old one serves on. Nothing starts any more.
    void stop();

  private:
    void run();

    events::Log& log_;
    std::uint16_t partitions_;
    projections::Store& store_;
    projections::Runner& runner_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> working_{false};
    std::thread thread_;  // start() and stop() are called on one thread
};

}  // namespace gateway

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/log.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

// Reads every partition of the log in order, under the fence, into the views: read, apply, and the
// position in one batch, repeat. One thread.
namespace projections {

// Most commits that go into one batch.
inline constexpr std::size_t kCommitsPerBatchMax = 512;

class Runner {
  public:
    // All borrowed; they outlive the runner. Starts nothing yet.
    Runner(events::Log& log,
           std::uint16_t partitions,
           Store& store,
           std::vector<Projection*> views);
    ~Runner();  // stops
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // As Follower::set_gate. A partition that opens is to be notified of.
    void set_gate(std::function<bool(events::Partition)> open);

    // Brings every view to the end of the log as it stands, on the caller's thread. `going_on` is
    // told after each batch how many records the slowest view has yet to read.
    events::Status catch_up(const std::function<void(std::uint64_t behind)>& going_on = {});
    // Starts the thread. stop() ends it after the batch in hand. `on_failure` is told once, on the
    // thread, when it ends by itself; failure() says the same afterwards.
    void start(std::function<void(const events::Error&)> on_failure = {});
    void stop();

    // Says that the partition has records up to before `end`. Any thread, never blocks.
    void notify(events::Partition partition, events::Offset end);

    // Calls `moved` on the runner's thread whenever the views have moved, some milliseconds late
    // under load, so that following the views costs the write path nothing. Set before start();
    // must not block.
    void on_moved(std::function<void()> moved);
    // Every view has read the partition up to before this. Any thread, never blocks.
    [[nodiscard]] events::Offset reached(events::Partition partition) const;

    // Calls `reached(true)` as soon as every view has read the partition to behind `offset`, at
    // once if it has; false when the runner stops. On the runner's thread or the caller's; must not
    // block.
    void when_reached(events::Partition partition,
                      events::Offset offset,
                      std::function<void(bool)> reached);

    // How many records the slowest view has yet to read. Any thread, never blocks.
    [[nodiscard]] std::uint64_t behind() const;

    // Runs `task` on the runner's thread, where no view is being written, and reads all positions
    // anew. Blocks until it has run; kUnavailable when the runner stops first. Not from that
    // thread.
    events::Status between_batches(std::function<events::Status()> task);

    // Why it stopped by itself, if it did: an operator must act; views stand still meanwhile.
    [[nodiscard]] std::optional<events::Error> failure() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace projections

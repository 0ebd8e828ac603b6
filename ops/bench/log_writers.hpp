#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "events/fence.hpp"
#include "events/log.hpp"
#include "events/record.hpp"

// The load that the log port is measured under, whichever engine stands behind it: ready records
// of one size, appended and read back under the fence.
namespace bench {

inline constexpr std::size_t kFrameBytes = 400;

// Of the claim's kind: what begins an append by whoever claims a partition.
events::Result<events::Outgoing> make_claim(const events::ClaimRef& claim);
// Commits of exactly kFrameBytes under the claim; no two share their sealed bytes.
events::Result<std::vector<std::string>> make_frames(const events::ClaimRef& claim);

// `clients` writers with one record in flight each, driven by one thread: as soon as records were
// read back under the fence, their clients send the next, in one append, as a partition's writer
// does.
class LogWriters {
  public:
    // The claim is in force in the partition. `log` and `frames` are borrowed.
    LogWriters(events::Log& log,
               events::Partition partition,
               const std::vector<std::string>& frames,
               events::ClaimRef claim,
               std::size_t clients);

    // Records a second. Returns once all that was sent is back.
    events::Result<double> run(std::chrono::duration<double> duration,
                               std::vector<double>* latencies_ms);

  private:
    void send(std::size_t count);
    // Waits until something is durable that was not read back yet.
    events::Status wait();
    events::Result<std::size_t> read_back(std::vector<double>* latencies_ms);
    void completed(const events::Status& status, std::size_t records);

    using Clock = std::chrono::steady_clock;

    events::Log& log_;
    const events::Partition partition_;
    const std::vector<std::string>& frames_;
    events::Fence fence_;
    events::Record record_;
    events::TenantId tenant_;
    struct Stream {
        events::StreamId id;
        std::uint64_t commits_left = 0;
        std::uint64_t version = 0;
    };
    std::vector<Stream> streams_;  // one a client
    std::uint64_t seq_ = 0;
    std::size_t next_frame_ = 0;
    events::Offset next_read_{};
    std::deque<Clock::time_point> sent_;  // in the order of the log

    std::mutex mutex_;
    std::condition_variable wake_;
    std::size_t done_ = 0;  // guarded by mutex_
    // Read back; a read often gives more than was announced.
    std::size_t read_ = 0;                // guarded by mutex_
    bool waiting_ = false;                // guarded by mutex_
    std::optional<events::Error> error_;  // guarded by mutex_
};

}  // namespace bench

#pragma once

#include <chrono>

#include "commands/work.hpp"

// What the partitions tell whoever measures them.
namespace commands {

// Called on the partitions' strands, several at a time, and on the threads of callers and of the
// log; must not block.
class Meter {
  public:
    Meter() = default;
    virtual ~Meter() = default;
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    // A command got its answer; the time since it was submitted.
    virtual void answered(const Answer& answer, std::chrono::nanoseconds took) = 0;
    // Commits that went out together are durable: synced, or acknowledged by the brokers; the time
    // since they went out. On a thread of the log's.
    virtual void appended(std::chrono::nanoseconds took) = 0;
    // The same commits were read back as well.
    virtual void read_back(std::chrono::nanoseconds took) = 0;
};

// How much there is to do at a moment.
struct Load {
    std::size_t waiting = 0;    // commands that nobody has looked at yet
    std::size_t in_flight = 0;  // commits sent and not read back yet
    std::size_t led = 0;        // partitions that take commands
    std::size_t partitions = 0;
};

}  // namespace commands

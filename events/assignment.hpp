#pragma once

#include <functional>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"

// Which partitions a node of a cluster should try to own: a hint, for who owns one is said by the
// claims in the log alone (DESIGN 3, the log is the lock). A cluster's engine gives it; a program
// that runs alone needs none.
namespace events {

class Assignment {
  public:
    Assignment() = default;
    virtual ~Assignment() = default;
    Assignment(const Assignment&) = delete;
    Assignment& operator=(const Assignment&) = delete;

    // Both are called on a thread of the engine's, one call at a time, and must not block.
    struct Told {
        std::function<void(std::vector<Partition>)> assigned;  // beside those assigned before
        std::function<void(std::vector<Partition>)> revoked;
    };
    // Joins those who share the partitions. Once.
    virtual Status start(Told told) = 0;
    // Leaves them, so that what was assigned here goes elsewhere at once. Nothing is told any more
    // afterwards.
    virtual void stop() = 0;
};

}  // namespace events

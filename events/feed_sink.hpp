#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"

// Where messages for subscribers outside go: a topic of the operator's. At least once, and in order
// within a partition. It knows nothing of what it carries.
namespace events {

struct FeedMessage {
    Partition partition;
    std::string key;
    std::int64_t time_unix_ms = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string value;
};

class FeedSink {
  public:
    FeedSink() = default;
    virtual ~FeedSink() = default;
    FeedSink(const FeedSink&) = delete;
    FeedSink& operator=(const FeedSink&) = delete;

    // Hands a message over; may block while many are on their way. kUnavailable: this sink has
    // ended. What was sent since the last flush() may have arrived or not: open another one and
    // send all of it again.
    virtual Status send(const FeedMessage& message) = 0;
    // Blocks until everything sent has arrived for good. kUnavailable as above.
    virtual Status flush() = 0;
    // Ends this sink, and a call that blocks. Any thread.
    virtual void abort() = 0;
};

}  // namespace events

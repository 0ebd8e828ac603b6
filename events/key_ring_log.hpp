#pragma once

#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"

// Where the rows of a ring are written when its folder is only a copy: the topic that all nodes of
// a cluster read theirs from.
namespace events {

class RingLog {
  public:
    virtual ~RingLog() = default;
    struct Row {
        std::string key;
        std::string value;
    };
    // Returns once all of them are durable there and in the folder; waits. kUnavailable: this node
    // does not lead the tenant's partition, or no longer; what became of them is not known.
    virtual Status write(const TenantId& tenant, std::vector<Row> rows) = 0;
};

}  // namespace events

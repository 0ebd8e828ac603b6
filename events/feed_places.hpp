#pragma once

#include <map>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"

// How far each partition of the log has been told to subscribers outside, kept where every node of
// a cluster finds it: who takes a partition over goes on from there.
namespace events {

struct FeedPlace {
    Offset next;                    // everything before it has arrived
    std::optional<ClaimRef> claim;  // in force before `next`
    friend bool operator==(const FeedPlace&, const FeedPlace&) = default;
};

using PlacesByPartition = std::map<Partition, FeedPlace>;

class FeedPlaces {
  public:
    FeedPlaces() = default;
    virtual ~FeedPlaces() = default;
    FeedPlaces(const FeedPlaces&) = delete;
    FeedPlaces& operator=(const FeedPlaces&) = delete;

    // Of those that have one. Both may wait for a broker, some seconds at most, and then answer
    // kUnavailable: ask again.
    virtual Result<PlacesByPartition> get(const std::vector<Partition>& partitions) = 0;
    // Once it returns without an error, get() gives these, at any node.
    virtual Status put(const PlacesByPartition& places) = 0;
};

}  // namespace events

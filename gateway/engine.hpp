#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "events/assignment.hpp"
#include "events/error.hpp"
#include "events/feed_places.hpp"
#include "events/files.hpp"
#include "events/free_space.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"
#include "gateway/data_folder.hpp"

// What the App stands on: log, files and keys, opened together. Alone on one machine they lie in
// its data folder; the nodes of a cluster share them.
namespace gateway {

class Engine {
  public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    virtual events::Log& log() = 0;
    virtual events::History& history() = 0;
    virtual events::Files& files() = 0;
    virtual events::KeyRing& keys() = 0;

    // Who should try to own which partitions. Null: this program is alone and owns all of them.
    virtual events::Assignment* assignment() { return nullptr; }
    // How far subscribers outside were told of each partition, whichever node told them. Null: this
    // program's own place is the only one.
    virtual events::FeedPlaces* feed_places() { return nullptr; }
    // What this node read of a log that nodes share.
    struct Counts {
        std::uint64_t void_records = 0;    // that mean nothing: sent under a claim that had ended
        std::uint64_t behind_records = 0;  // that are there and were not read yet
    };
    [[nodiscard]] virtual Counts counts() const { return {}; }
    // For a log that nodes share: `grown` is told, on any thread, of records that were read back,
    // whoever sent them; it must not block. Set before the first claim; an empty one
    // ends it, and nothing is told any more once that returned.
    using Grown = std::function<void(events::Partition, events::Offset end)>;
    virtual void on_grown(Grown /*grown*/) {}
};

struct LocalEngineOptions {
    std::uint32_t flush_delay_us = 0;  // benchmarks only
    events::DiskReserve reserve;
};
// The engine of one machine, in the data folder. As LocalLog and KeyRing report; a lost ring is not
// replaced by an empty one: only a log without commits may get a new one.
events::Result<std::unique_ptr<Engine>> open_local_engine(const DataFolder& folder,
                                                          const LocalEngineOptions& options);

}  // namespace gateway

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "commands/remembered.hpp"
#include "commands/work.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"

// The states of a partition's streams: loaded from the log when needed, kept while in flight, else
// the least recently used go. Used on the partition's strand only.
namespace commands {

struct Stream {
    std::unique_ptr<StreamState> state;
    events::Version version;  // of the last event, also those in flight
    std::optional<events::KeyId> key;
    RememberedCommands commands;
    std::size_t in_flight = 0;  // commits sent and not yet read back
    events::Seq last_seq;       // of the newest commit, also one in flight
};

class Streams {
  public:
    Streams(events::History& history, events::KeyRing& keys, std::size_t cached_max)
        : history_(history), keys_(keys), cached_max_(cached_max) {}

    // The stream as the log and the commits in flight have it; empty (version 0) when there is
    // none. Valid until the next call of find() or clear(). kErased when its key is destroyed.
    events::Result<Stream*> find(const Work& work);
    // Forgets everything, also what is in flight.
    void clear();

  private:
    struct Key {
        events::TenantId tenant;
        events::StreamId stream;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct HashKey {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<events::TenantId>{}(key.tenant) ^
                   (std::hash<events::StreamId>{}(key.stream) * 31U);
        }
    };
    using Recent = std::list<std::pair<Key, Stream>>;

    events::Status load(const Work& work, Stream& into);
    events::Status apply(const events::Entry& entry, std::int64_t now_ms, Stream& into);
    void evict();

    events::History& history_;
    events::KeyRing& keys_;
    std::size_t cached_max_;
    Recent recent_;  // most recently used first
    std::unordered_map<Key, Recent::iterator, HashKey> by_key_;
};

}  // namespace commands

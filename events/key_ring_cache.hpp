#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"

// Unwrapped data keys, each for at most its lease, in wiped memory. Any thread.
namespace events {

// 100,000 keys are about 20 MB.
inline constexpr std::size_t kKeyCacheMax = 100'000;

class KeyCache {
  public:
    explicit KeyCache(std::int64_t lease_ms, std::size_t keys_max = kKeyCacheMax);

    struct Lookup {
        std::optional<Key256> key;   // nothing: not cached for that tenant, or the lease is over
        std::uint64_t generation{};  // for put(): tells whether a drop came in between
    };
    Lookup get(const TenantId& tenant, const KeyId& id, std::int64_t now_ms);
    // Keeps a key that was read after get() gave `generation`. Does nothing if any key of its shard
    // was dropped since, so that a destroyed key cannot come back from a read that began before.
    void put(const TenantId& tenant,
             const DataKey& key,
             std::int64_t now_ms,
             std::uint64_t generation);
    void drop(const KeyId& id);
    void clear();
    // To be called every half lease: forgets what was put before the last call, so that keys leave
    // the memory of an idle program too.
    void turn();
    [[nodiscard]] std::size_t size() const;

  private:
    struct Entry {
        TenantId tenant;
        Key256 key;
        std::int64_t since_ms = 0;
        std::uint64_t turn = 0;
        std::list<KeyId>::iterator place;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<KeyId, Entry> entries;
        std::list<KeyId> order;  // the oldest leases first
        std::uint64_t generation = 0;
        std::uint64_t turn = 0;
        void erase(std::unordered_map<KeyId, Entry>::iterator at);
    };
    Shard& shard_of(const KeyId& id);

    static constexpr std::size_t kShards = 16;
    std::int64_t lease_ms_;
    std::size_t shard_max_;
    std::array<Shard, kShards> shards_;
};

}  // namespace events

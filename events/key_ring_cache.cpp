#include "events/key_ring_cache.hpp"

#include <algorithm>

namespace events {

KeyCache::KeyCache(std::int64_t lease_ms, std::size_t keys_max)
    : lease_ms_(lease_ms), shard_max_(std::max<std::size_t>(1, keys_max / kShards)) {}

KeyCache::Shard& KeyCache::shard_of(const KeyId& id) {
    // The last byte: the map inside the shard hashes by the first ones.
    return shards_[id.bytes.back() % kShards];
}

void KeyCache::Shard::erase(std::unordered_map<KeyId, Entry>::iterator at) {
    order.erase(at->second.place);
    entries.erase(at);
}

KeyCache::Lookup KeyCache::get(const TenantId& tenant, const KeyId& id, std::int64_t now_ms) {
    Shard& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(id);
    if (found == shard.entries.end()) return {std::nullopt, shard.generation};
    const Entry& entry = found->second;
    // A clock that went back ends the lease too.
    if (now_ms < entry.since_ms || now_ms - entry.since_ms >= lease_ms_) {
        shard.erase(found);
        return {std::nullopt, shard.generation};
    }
    if (entry.tenant != tenant) return {std::nullopt, shard.generation};
    return {entry.key, shard.generation};
}

void KeyCache::put(const TenantId& tenant,
                   const DataKey& key,
                   std::int64_t now_ms,
                   std::uint64_t generation) {
    Shard& shard = shard_of(key.id);
    const std::lock_guard lock(shard.mutex);
    if (shard.generation != generation) return;
    if (const auto old = shard.entries.find(key.id); old != shard.entries.end()) shard.erase(old);
    if (shard.entries.size() >= shard_max_) shard.erase(shard.entries.find(shard.order.front()));
    const auto place = shard.order.insert(shard.order.end(), key.id);
    shard.entries.emplace(key.id, Entry{tenant, key.key, now_ms, shard.turn, place});
}

void KeyCache::drop(const KeyId& id) {
    Shard& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    ++shard.generation;
    if (const auto found = shard.entries.find(id); found != shard.entries.end()) {
        shard.erase(found);
    }
}

void KeyCache::clear() {
    for (auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        ++shard.generation;
        shard.entries.clear();
        shard.order.clear();
    }
}

void KeyCache::turn() {
    for (auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        while (!shard.order.empty()) {
            const auto oldest = shard.entries.find(shard.order.front());
            if (oldest->second.turn == shard.turn) break;
            shard.erase(oldest);
        }
        ++shard.turn;
    }
}

std::size_t KeyCache::size() const {
    std::size_t count = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.entries.size();
    }
    return count;
}

}  // namespace events

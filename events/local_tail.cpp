#include "events/local_tail.hpp"

#include <algorithm>
#include <utility>

namespace events::local {
namespace {

constexpr std::size_t kShardBytesMin = std::size_t{64} * 1024;
constexpr std::size_t kShardBytesMax = std::size_t{2} * 1024 * 1024;

// What an entry costs beside its frame: itself, the string, the count of its owners.
constexpr std::size_t kEntryOverheadBytes = sizeof(Entry) + sizeof(std::string) + 32;

std::size_t cost(const Entry& entry) {
    return entry.frame->size() + kEntryOverheadBytes;
}

}  // namespace

Tail::Tail(const std::vector<Offset>& ends)
    : shard_bytes_max_(std::clamp(
          kTailBytesMax / std::max<std::size_t>(ends.size(), 1), kShardBytesMin, kShardBytesMax)) {
    for (const auto& end : ends) shards_.emplace_back().end = end;
}

Offset Tail::end(Partition partition) const {
    const auto& shard = shards_[partition.value];
    const std::scoped_lock lock(shard.mutex);
    return shard.end;
}

void Tail::set_ends(const std::vector<Offset>& ends) {
    for (std::size_t i = 0; i < ends.size() && i < shards_.size(); ++i) {
        const std::scoped_lock lock(shards_[i].mutex);
        shards_[i].end = ends[i];
    }
}

void Tail::add(Partition partition, std::vector<Entry> entries) {
    auto& shard = shards_[partition.value];
    const std::scoped_lock lock(shard.mutex);
    for (auto& entry : entries) {
        shard.bytes += cost(entry);
        shard.end = Offset{entry.offset.value + 1};
        shard.newest.push_back(std::move(entry));
    }
    while (shard.bytes > shard_bytes_max_ && shard.newest.size() > 1) {
        shard.bytes -= cost(shard.newest.front());
        shard.newest.pop_front();
    }
}

std::optional<std::vector<Entry>> Tail::read(Partition partition,
                                             Offset from,
                                             ReadLimit limit) const {
    const auto& shard = shards_[partition.value];
    const std::scoped_lock lock(shard.mutex);
    std::vector<Entry> out;
    if (from >= shard.end) return out;
    if (shard.newest.empty() || from < shard.newest.front().offset) return std::nullopt;
    // Without gaps the place of an offset in the deque is known.
    auto index = static_cast<std::size_t>(from.value - shard.newest.front().offset.value);
    out.reserve(std::min(limit.records, shard.newest.size() - index));
    std::size_t bytes = 0;
    for (; index < shard.newest.size(); ++index) {
        const auto& entry = shard.newest[index];
        out.push_back(entry);
        bytes += entry.frame->size();
        if (out.size() >= limit.records || bytes >= limit.bytes) break;
    }
    return out;
}

}  // namespace events::local

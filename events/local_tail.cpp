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

// The first entry at that offset or behind it, which is not before the first one. Without gaps its
// place is known.
std::deque<Entry>::const_iterator place_of(const std::deque<Entry>& newest, Offset from) {
    const auto ahead = from.value - newest.front().offset.value;
    if (ahead < newest.size()) {
        const auto there = newest.begin() + static_cast<std::ptrdiff_t>(ahead);
        if (there->offset == from) return there;
    }
    return std::ranges::lower_bound(newest, from, {}, &Entry::offset);
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
    auto entry = place_of(shard.newest, from);
    const auto rest = static_cast<std::size_t>(shard.newest.end() - entry);
    out.reserve(std::min(limit.records, rest));
    std::size_t bytes = 0;
    for (; entry != shard.newest.end(); ++entry) {
        out.push_back(*entry);
        bytes += entry->frame->size();
        if (out.size() >= limit.records || bytes >= limit.bytes) break;
    }
    return out;
}

}  // namespace events::local

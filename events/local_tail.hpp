#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "events/log.hpp"

// How far each partition is durable, and its newest records in memory, at most about kTailBytesMax
// over all partitions. Only what a sync has made durable is ever put here. Any thread.
namespace events::local {

inline constexpr std::size_t kTailBytesMax = std::size_t{64} * 1024 * 1024;

class Tail {
  public:
    // `ends` has one entry a partition.
    explicit Tail(const std::vector<Offset>& ends);

    [[nodiscard]] std::size_t partitions() const { return shards_.size(); }
    [[nodiscard]] Offset end(Partition partition) const;
    void set_ends(const std::vector<Offset>& ends);
    // Appends behind the end; the offsets ascend and may have gaps.
    void add(Partition partition, std::vector<Entry> entries);
    // Records from `from` on; nothing when older ones than memory holds are asked for.
    [[nodiscard]] std::optional<std::vector<Entry>> read(Partition partition,
                                                         Offset from,
                                                         ReadLimit limit) const;

  private:
    struct Shard {
        mutable std::mutex mutex;
        std::deque<Entry> newest;
        std::size_t bytes = 0;
        Offset end;
    };
    std::size_t shard_bytes_max_;
    std::deque<Shard> shards_;  // a deque, because a mutex cannot move
};

}  // namespace events::local

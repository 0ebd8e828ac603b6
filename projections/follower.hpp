#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "events/error.hpp"
#include "events/fence.hpp"
#include "events/ids.hpp"
#include "events/log.hpp"
#include "events/record.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

// The runner without its thread: reads partitions under the fence and applies a batch of commits to
// every view that has not seen them yet.
namespace projections {

class Follower {
  public:
    // All borrowed.
    Follower(events::Log& log,
             std::uint16_t partitions,
             Store& store,
             std::vector<Projection*> views);

    // Reads only the partitions that `open` lets it read at the time; what it had applied when one
    // closed stays applied. Set before load(); called on any thread.
    void set_gate(std::function<bool(events::Partition)> open) { open_ = std::move(open); }

    // Any thread.
    // The partition has records up to before `end`.
    void expect(events::Partition partition, events::Offset end);
    // Every view has read the partition, and stored what it made of it, up to before this.
    [[nodiscard]] events::Offset reached(events::Partition partition) const;

    // Records, of all open partitions, that are expected and not read yet; a little more where
    // offsets have gaps.
    [[nodiscard]] std::uint64_t behind() const;

    // One thread at a time.
    // Begins, or begins again, at the positions in the store.
    events::Status load();
    // Asks the log where every partition ends.
    events::Status learn_ends();

    enum class Step : std::uint8_t {
        kIdle,  // every view has read everything expected
        kPart,  // read less than a batch may hold
        kFull,  // read a whole batch; there is probably more
    };
    // One batch over all partitions: first the views in front, which queries wait for, then those
    // that catch up. After an error nothing of the batch is stored, and load() must come next.
    events::Result<Step> step(std::size_t records_max);

  private:
    struct Marks {
        std::atomic<std::uint64_t> end{0};
        std::atomic<std::uint64_t> reached{0};
    };
    // Views that stand at the same place of a partition and go on together.
    struct Group {
        std::vector<Projection*> views;
        events::Offset next;
        events::Fence fence;
    };
    // The groups of a partition, ascending by place, all different. Mostly there is one; a new
    // view, or one that a crash threw back, has its own until it has caught up.
    struct Reader {
        events::Partition partition;
        std::vector<Group> groups;
    };
    struct Budget {
        std::size_t records;
        std::size_t bytes;
        [[nodiscard]] bool spent() const { return records == 0 || bytes == 0; }
    };

    events::Result<Group> stored_group(Projection& view, events::Partition partition);
    events::Result<Reader> stored_reader(events::Partition partition);
    [[nodiscard]] bool is_open(events::Partition partition) const {
        return !open_ || open_(partition);
    }
    bool is_behind(const Reader& reader, bool leader) const;
    events::Status read_some(Reader& reader, bool leader, Store::Batch& batch, Budget& budget);
    events::Status pass_gap(events::Partition partition, Group& group);
    events::Status apply(const events::Entry& entry, Group& group, Store::Batch& batch);
    events::Status apply_commit(const Group& group, Store::Batch& batch);
    void publish(const Reader& reader);

    events::Log& log_;
    Store& store_;
    std::vector<Projection*> views_;
    std::function<bool(events::Partition)> open_;
    std::vector<Marks> marks_;      // by partition
    std::vector<Reader> readers_;   // by partition
    std::size_t first_reader_ = 0;  // where the next batch begins, so that none is always last
    // Kept from record to record for their memory.
    events::Record record_;
    events::OpenedHeader opened_;
};

}  // namespace projections

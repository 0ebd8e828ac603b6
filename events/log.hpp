#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"

// The log port. Three engines stand behind it (memory_log, local_log, and a cluster's), one
// contract suite runs on all: tests/events/log_contract.hpp. It knows nothing of claims' meaning,
// of sealing or of aggregates; it stores frames in order and gives them back.
namespace events {

// What the engine's indexes need to know of a frame, so that it need not decode it.
struct CommitIndex {
    TenantId tenant;
    Seq seq;
    StreamId stream;
    Version first_version;
    std::optional<KeyId> binds_key;  // set on the first commit of a stream: key id -> stream
};
struct ClaimIndex {
    ClaimRef claim;
};

struct Outgoing {
    RecordKey key;  // fresh and random for every send (F5)
    std::string frame;
    std::variant<std::monostate, CommitIndex, ClaimIndex> index;
};

// A claim and where it lies.
struct ClaimAt {
    ClaimRef claim;
    Offset offset;
};

// One record read back.
struct Entry {
    Offset offset;
    RecordKey key;
    std::shared_ptr<const std::string> frame;
};

struct ReadLimit {
    std::size_t records = 1024;                        // at least 1
    std::size_t bytes = std::size_t{4} * 1024 * 1024;  // stops behind the record that reaches it
};

// Called once, on a thread of the engine's, never inside append(). Must not block or throw.
using AppendDone = std::function<void(Status)>;

class Log {
  public:
    virtual ~Log() = default;

    // Queues the records behind everything queued before for that partition, and returns at once.
    // `done` tells that all of them are durable (synced) and readable, or why not; appends of one
    // partition complete in order. kStorageFull: nothing of it was or will be written, nor of what
    // was sent behind it; the partition takes records again from the next claim on. kUnavailable,
    // of a log that nodes share: the same, but what became of it tells only that claim. After any
    // other failure the engine takes nothing more for any partition (kStorage, kDamaged): what is
    // durable is only known by opening again.
    virtual void append(Partition partition, std::vector<Outgoing> records, AppendDone done) = 0;

    // Durable records of the partition from `from` on, in order, offsets may have gaps; empty at
    // the end. May read the disk. kStorage, kDamaged: stop and report.
    virtual Result<std::vector<Entry>> read(Partition partition, Offset from, ReadLimit limit) = 0;

    // One past the highest durable offset; 0 when empty.
    virtual Result<Offset> end(Partition partition) = 0;
};

// Look-ups in the partition replica's indexes. All may read the disk; any thread.
class History {
  public:
    virtual ~History() = default;

    [[nodiscard]] virtual std::uint16_t partitions() const = 0;
    // The highest seq of the tenant; 0 when it has none.
    virtual Result<Seq> head(const TenantId& tenant) = 0;
    // Where a commit lies. kNotFound for a seq that does not exist.
    virtual Result<Offset> offset_of(const TenantId& tenant, Seq seq) = 0;
    // The commits of a stream whose first version is at least `from`, in order, at most
    // limit.records.
    virtual Result<std::vector<Entry>> read_stream(const TenantId& tenant,
                                                   const StreamId& stream,
                                                   Version from,
                                                   ReadLimit limit) = 0;
    // Every claim of a partition, in order.
    virtual Result<std::vector<ClaimAt>> claims(Partition partition) = 0;
    // Whether a commit names this data key.
    virtual Result<bool> is_bound(const KeyId& key) = 0;
    // Every tenant with a commit, ascending.
    virtual Result<std::vector<TenantId>> tenants() = 0;
};

}  // namespace events

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/local_recent.hpp"
#include "events/local_run.hpp"
#include "events/local_store.hpp"
#include "events/log.hpp"

// Everything a local log reads from its column families, and the indexes' newest part from memory.
// Stateless; any thread.
namespace events::local {

class Reader {
  public:
    // Both are borrowed.
    Reader(const Store& store, const Recent& recent) : store_(store), recent_(recent) {}

    // Records in [from, end).
    Result<std::vector<Entry>> read(Partition partition, Offset from, Offset end, ReadLimit limit);
    Status scan(Partition partition, Offset from, const LocalLog::Visit& visit);
    // One past the highest offset of each partition.
    Result<std::vector<Offset>> ends();
    // What the newest writes left outside the indexes on disk, in place of all that `into` had.
    Result<JournalRows> read_journal(Recent& into);

    Result<Seq> head(const TenantId& tenant);
    Result<Offset> offset_of(const TenantId& tenant, Seq seq);
    Result<std::vector<Entry>> read_stream(const TenantId& tenant,
                                           const StreamId& stream,
                                           Version from,
                                           ReadLimit limit);
    Result<std::vector<ClaimAt>> claims(Partition partition);
    Result<bool> is_bound(const KeyId& key);
    Result<std::vector<TenantId>> tenants();
    Result<std::uint64_t> stream_count(const TenantId& tenant);
    [[nodiscard]] std::vector<StoreSize> sizes() const;

  private:
    // An entry of the seq index: the offsets of `first` and those behind it.
    struct SeqRow {
        Seq first;
        std::string offsets;
    };
    // The last row that begins at or before `seq`; it may end before it.
    Result<std::optional<SeqRow>> row_at(const TenantId& tenant, Seq seq);
    // Where the commits of a stream lie, from a version on, at most so many.
    Result<std::vector<StreamPlace>> places(const TenantId& tenant,
                                            const StreamId& stream,
                                            Version from,
                                            std::size_t most);
    Result<std::vector<StreamPlace>> places_on_disk(const TenantId& tenant,
                                                    const StreamId& stream,
                                                    Version from,
                                                    std::size_t most);
    Result<bool> is_on_disk(const TenantId& tenant, const StreamId& stream);
    // Visits until `visit` returns false, the partition ends or the iterator has grown old; `next`
    // is where to go on. Gives whether there may be more.
    Result<bool> scan_for_a_while(Partition partition, Offset& next, const LocalLog::Visit& visit);
    [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(
        Family family, const rocksdb::ReadOptions& options) const;

    const Store& store_;
    const Recent& recent_;
};

}  // namespace events::local

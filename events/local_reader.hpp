#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/local_store.hpp"
#include "events/log.hpp"

// Everything a local log reads from its column families. Stateless; any thread.
namespace events::local {

class Reader {
  public:
    explicit Reader(const Store& store) : store_(store) {}

    // Records in [from, end).
    Result<std::vector<Entry>> read(Partition partition, Offset from, Offset end, ReadLimit limit);
    Status scan(Partition partition, Offset from, const LocalLog::Visit& visit);
    // One past the highest offset of each partition.
    Result<std::vector<Offset>> ends();

    Result<Seq> head(const TenantId& tenant);
    Result<Offset> offset_of(const TenantId& tenant, Seq seq);
    Result<std::vector<Entry>> read_stream(const TenantId& tenant,
                                           const StreamId& stream,
                                           Version from,
                                           ReadLimit limit);
    Result<std::vector<ClaimRef>> claims(Partition partition);
    Result<bool> is_bound(const KeyId& key);
    Result<std::vector<TenantId>> tenants();
    Result<std::uint64_t> stream_count(const TenantId& tenant);
    [[nodiscard]] std::vector<StoreSize> sizes() const;

  private:
    // An entry of the seq index: the offsets of `first` and those behind it.
    struct Run {
        Seq first;
        std::string offsets;
    };
    // The last run that begins at or before `seq`; it may end before it.
    Result<std::optional<Run>> run_at(const TenantId& tenant, Seq seq);
    // Visits until `visit` returns false, the partition ends or the iterator has grown old; `next`
    // is where to go on. Gives whether there may be more.
    Result<bool> scan_for_a_while(Partition partition, Offset& next, const LocalLog::Visit& visit);
    [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(
        Family family, const rocksdb::ReadOptions& options) const;

    const Store& store_;
};

}  // namespace events::local

#include "events/memory_log.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace events {

struct MemoryLog::Impl {
    struct Pending {
        Partition partition;
        std::vector<Outgoing> records;
        AppendDone done;
    };
    using StreamKey = std::tuple<TenantId, StreamId, Version>;

    mutable std::mutex mutex;
    std::vector<std::vector<Entry>> partitions;
    std::vector<std::vector<ClaimAt>> claims;
    std::map<TenantId, std::map<Seq, Offset>> seqs;
    std::map<StreamKey, Offset> streams;
    std::set<KeyId> bound;
    std::vector<Pending> queue;
    bool failing = false;
    bool full = false;
    std::vector<bool> shut;  // by partition: refused, and no claim came since

    Status store(Pending& pending);
    void index(Partition partition, Offset offset, const Outgoing& record);
};

Status MemoryLog::Impl::store(Pending& pending) {
    if (failing) return fail(Errc::kStorage, "the log was told to fail");
    if (pending.partition.value >= partitions.size()) {
        return fail(Errc::kInvalidArgument, "no such partition");
    }
    const bool begins_with_claim = !pending.records.empty() && std::holds_alternative<ClaimIndex>(
                                                                   pending.records.front().index);
    const auto partition = pending.partition.value;
    shut[partition] = full || (shut[partition] && !begins_with_claim);
    if (shut[partition]) return fail(Errc::kStorageFull, "the log was told to be full");
    auto& entries = partitions[partition];
    for (auto& record : pending.records) {
        const Offset offset{entries.size()};
        index(pending.partition, offset, record);
        entries.push_back(
            Entry{.offset = offset,
                  .key = record.key,
                  .frame = std::make_shared<const std::string>(std::move(record.frame))});
    }
    return {};
}

void MemoryLog::Impl::index(Partition partition, Offset offset, const Outgoing& record) {
    if (const auto* commit = std::get_if<CommitIndex>(&record.index)) {
        seqs[commit->tenant][commit->seq] = offset;
        streams[{commit->tenant, commit->stream, commit->first_version}] = offset;
        if (commit->binds_key) bound.insert(*commit->binds_key);
    } else if (const auto* claim = std::get_if<ClaimIndex>(&record.index)) {
        claims[partition.value].push_back({claim->claim, offset});
    }
}

MemoryLog::MemoryLog(std::uint16_t partitions) : impl_(std::make_unique<Impl>()) {
    impl_->partitions.resize(partitions);
    impl_->claims.resize(partitions);
    impl_->shut.resize(partitions);
}

MemoryLog::~MemoryLog() = default;

std::size_t MemoryLog::run_pending() {
    std::vector<Impl::Pending> group;
    {
        const std::scoped_lock lock(impl_->mutex);
        group.swap(impl_->queue);
    }
    // Completions run without the lock: they may append and read.
    for (auto& pending : group) {
        Status stored;
        {
            const std::scoped_lock lock(impl_->mutex);
            stored = impl_->store(pending);
        }
        pending.done(std::move(stored));
    }
    return group.size();
}

void MemoryLog::fail_from_now_on() {
    const std::scoped_lock lock(impl_->mutex);
    impl_->failing = true;
}

void MemoryLog::set_full(bool full) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->full = full;
}

void MemoryLog::append(Partition partition, std::vector<Outgoing> records, AppendDone done) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->queue.push_back(
        {.partition = partition, .records = std::move(records), .done = std::move(done)});
}

Result<std::vector<Entry>> MemoryLog::read(Partition partition, Offset from, ReadLimit limit) {
    const std::scoped_lock lock(impl_->mutex);
    if (partition.value >= impl_->partitions.size()) {
        return fail(Errc::kInvalidArgument, "no such partition");
    }
    const auto& entries = impl_->partitions[partition.value];
    std::vector<Entry> out;
    std::size_t bytes = 0;
    for (auto i = from.value; i < entries.size(); ++i) {
        out.push_back(entries[i]);
        bytes += entries[i].frame->size();
        if (out.size() >= limit.records || bytes >= limit.bytes) break;
    }
    return out;
}

Result<Offset> MemoryLog::end(Partition partition) {
    const std::scoped_lock lock(impl_->mutex);
    if (partition.value >= impl_->partitions.size()) {
        return fail(Errc::kInvalidArgument, "no such partition");
    }
    return Offset{impl_->partitions[partition.value].size()};
}

std::uint16_t MemoryLog::partitions() const {
    return static_cast<std::uint16_t>(impl_->partitions.size());
}

Result<Seq> MemoryLog::head(const TenantId& tenant) {
    const std::scoped_lock lock(impl_->mutex);
    const auto found = impl_->seqs.find(tenant);
    return found == impl_->seqs.end() ? Seq{} : found->second.rbegin()->first;
}

Result<Offset> MemoryLog::offset_of(const TenantId& tenant, Seq seq) {
    const std::scoped_lock lock(impl_->mutex);
    if (const auto found = impl_->seqs.find(tenant); found != impl_->seqs.end()) {
        if (const auto at = found->second.find(seq); at != found->second.end()) return at->second;
    }
    return fail(Errc::kNotFound, "no commit has this seq");
}

Result<std::vector<Entry>> MemoryLog::read_stream(const TenantId& tenant,
                                                  const StreamId& stream,
                                                  Version from,
                                                  ReadLimit limit) {
    const std::scoped_lock lock(impl_->mutex);
    const auto& entries = impl_->partitions[partition_of(tenant, partitions()).value];
    std::vector<Entry> out;
    std::size_t bytes = 0;
    for (auto it = impl_->streams.lower_bound({tenant, stream, from});
         it != impl_->streams.end() && std::get<0>(it->first) == tenant &&
         std::get<1>(it->first) == stream;
         ++it) {
        out.push_back(entries.at(it->second.value));
        bytes += out.back().frame->size();
        if (out.size() >= limit.records || bytes >= limit.bytes) break;
    }
    return out;
}

Result<std::vector<ClaimAt>> MemoryLog::claims(Partition partition) {
    const std::scoped_lock lock(impl_->mutex);
    if (partition.value >= impl_->claims.size()) {
        return fail(Errc::kInvalidArgument, "no such partition");
    }
    return impl_->claims[partition.value];
}

Result<bool> MemoryLog::is_bound(const KeyId& key) {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->bound.contains(key);
}

Result<std::vector<TenantId>> MemoryLog::tenants() {
    const std::scoped_lock lock(impl_->mutex);
    std::vector<TenantId> out;
    out.reserve(impl_->seqs.size());
    for (const auto& [tenant, ignored] : impl_->seqs) out.push_back(tenant);
    return out;
}

}  // namespace events

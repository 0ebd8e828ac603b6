#include "events/kafka_keys.hpp"

#include <utility>

#include "events/kafka_side.hpp"
#include "events/key_ring_secrets.hpp"

namespace events::kafka {
namespace {

using parlour::log::v1::KeyCreated;
using parlour::log::v1::KeyDestroyed;
using parlour::log::v1::RingRow;
using parlour::log::v1::RingRowEnded;

std::string partition_row(char kind, Partition partition) {
    std::string key(1, kind);
    append_number(key, partition.value);
    return key;
}

std::string record_key_row(std::string_view row) {
    return row_key(kRowRecordKey, {row});
}

bool is_shared_row(std::string_view row) {
    return row.starts_with(kRowTenant) || row.starts_with(kRowSecret) ||
           row.starts_with(kRowCluster);
}

// The frame that the ring's row of a data key holds.
template <class Fill>
Result<std::string> ring_frame(const SideRecord& side, const Fill& fill) {
    Record record;
    record.set_term(side.term());
    record.set_claim_id(side.claim_id());
    fill(record);
    return encode_record(record);
}

Status push(const SideRecord& side, const RecordKey& key, std::vector<Outgoing>& out) {
    auto record = side_record(side, key);
    if (!record) return std::unexpected(record.error());
    out.push_back(*std::move(record));
    return {};
}

}  // namespace

void Keys::attach(Engine& engine, std::size_t topic) {
    engine_ = &engine;
    topic_ = topic;
}

Status Keys::write(const TenantId& tenant, std::vector<Row> rows) {
    const auto partition = partition_of(tenant, partitions_);
    const auto claim = engine_->own_claim(topic_, partition);
    if (!claim) return fail(Errc::kUnavailable, "the partition is not led here at the moment");
    auto under = side_under(*claim);
    Sends sends;
    if (auto added = add_check(partition, under, sends); !added) return added;
    for (const auto& row : rows) {
        if (auto added = add(row, under, sends); !added) return added;
    }
    if (auto sent = send(partition, std::move(sends.first)); !sent) return sent;
    for (const auto& row : rows) {
        if (auto came = came_in(row); !came) return came;
    }
    // Only now: what replaces them has come back, and counts.
    return send(partition, std::move(sends.then));
}

Status Keys::send(Partition partition, std::vector<Outgoing> records) {
    if (records.empty()) return {};
    return append_and_wait(*engine_, topic_, partition, std::move(records));
}

Status Keys::add_check(Partition partition, SideRecord& under, Sends& sends) {
    const auto row = partition_row(kRowCluster, partition);
    std::string there;
    const auto found = store_.get(row, there);
    if (!found) return std::unexpected(found.error());
    if (*found) return {};
    under.mutable_ring_row()->set_row(row);
    under.mutable_ring_row()->set_value(check_);
    return push(under, random_id<RecordKey>(), sends.first);
}

Status Keys::add(const Row& row, SideRecord& under, Sends& sends) {
    if (row.key.starts_with(kRowDataKey)) {
        Record record;
        if (auto decoded = decode_record(row.value, record); !decoded) return decoded;
        // A key and its destruction share the record key: the key's random id.
        const auto id = RecordKey::from_bytes(std::string_view(row.key).substr(1));
        if (!id) return fail(Errc::kInvalidArgument, "a row of a data key without its id");
        if (record.has_key_created()) {
            *under.mutable_key_created() = record.key_created();
        } else {
            *under.mutable_key_destroyed() = record.key_destroyed();
        }
        return push(under, *id, sends.first);
    }
    std::string before;
    const auto replaces = store_.get(record_key_row(row.key), before);
    if (!replaces) return std::unexpected(replaces.error());
    const auto replaced = *replaces ? RecordKey::from_bytes(before) : std::nullopt;
    const bool ends = row.value == kDestroyedSecret;
    if (!ends) {
        under.mutable_ring_row()->set_row(row.key);
        under.mutable_ring_row()->set_value(row.value);
        if (auto pushed = push(under, random_id<RecordKey>(), sends.first); !pushed) return pushed;
    }
    if (!replaced) return {};
    under.mutable_ring_row_ended()->set_row(row.key);
    return push(under, *replaced, ends ? sends.first : sends.then);
}

// What came back under another claim is void, and changed nothing.
Status Keys::came_in(const Row& row) {
    std::string there;
    const auto found = store_.get(row.key, there);
    if (!found) return std::unexpected(found.error());
    const bool is_key = row.key.starts_with(kRowDataKey);
    if (*found && (is_key || there == row.value)) return {};
    return fail(Errc::kUnavailable, "another node leads the partition");
}

Result<std::optional<Sink::Mark>> Keys::mark(Partition partition) {
    std::string bytes;
    const auto found = store_.get(partition_row(kRowMark, partition), bytes);
    if (!found) return std::unexpected(found.error());
    return *found ? parse_mark(bytes) : std::nullopt;
}

Result<std::optional<ClaimRef>> Keys::in_force(Partition partition) {
    std::string bytes;
    const auto found = store_.get(partition_row(kRowClaim, partition), bytes);
    if (!found) return std::unexpected(found.error());
    return *found ? parse_claim_bytes(bytes) : std::nullopt;
}

Status Keys::take(const Back& back) {
    const auto side = read_side(back.frame);
    if (!side) return std::unexpected(side.error());
    batch_.Put(partition_row(kRowMark, back.partition),
               mark_bytes({.offset = back.offset, .key = back.key}));
    const bool counts = back.verdict == Verdict::kCounts;
    switch (side->body_case()) {
        case SideRecord::kClaim:
            if (back.verdict != Verdict::kClaimInForce) return {};
            batch_.Put(partition_row(kRowClaim, back.partition), claim_bytes(*back.head.claim));
            return {};
        case SideRecord::kKeyCreated:
            return counts ? take(side->key_created(), *side) : Status();
        case SideRecord::kRingRow:
            return counts ? take(side->ring_row(), back.key) : Status();
        // What ends something counts whoever sent it: it names what it ends by its record key.
        case SideRecord::kKeyDestroyed:
            return take(side->key_destroyed(), *side);
        case SideRecord::kRingRowEnded:
            return take(side->ring_row_ended(), back.key);
        case SideRecord::kHeartbeat:
        case SideRecord::kStoredChunk:
        case SideRecord::kChunkRemoved:
        case SideRecord::BODY_NOT_SET:
            return {};
    }
    return {};
}

Status Keys::take(const KeyCreated& created, const SideRecord& side) {
    auto frame = ring_frame(side, [&](Record& record) { *record.mutable_key_created() = created; });
    if (!frame) return std::unexpected(frame.error());
    batch_.Put(row_key(kRowDataKey, {created.key_id()}), *frame);
    batch_.Put(row_key(kRowBatch, {created.tenant(), created.key_id()}), created.key_id());
    return {};
}

Status Keys::take(const KeyDestroyed& destroyed, const SideRecord& side) {
    auto frame =
        ring_frame(side, [&](Record& record) { *record.mutable_key_destroyed() = destroyed; });
    if (!frame) return std::unexpected(frame.error());
    batch_.Put(row_key(kRowDataKey, {destroyed.key_id()}), *frame);
    return {};
}

Status Keys::take(const RingRow& row, const RecordKey& key) {
    if (!is_shared_row(row.row())) return fail(Errc::kUnknownSchema, "a row of another kind");
    batch_.Put(row.row(), row.value());
    batch_.Put(record_key_row(row.row()), rocksdb::Slice(key.view().data(), RecordKey::kSize));
    return {};
}

Status Keys::take(const RingRowEnded& ended, const RecordKey& key) {
    // What came before it in this batch is asked for.
    if (auto written = write(); !written) return written;
    std::string there;
    const auto found = store_.get(record_key_row(ended.row()), there);
    if (!found) return std::unexpected(found.error());
    const bool is_current = !*found || there == key.view();
    if (!is_current || !ended.row().starts_with(kRowSecret)) return {};
    batch_.Put(ended.row(), rocksdb::Slice(kDestroyedSecret.data(), kDestroyedSecret.size()));
    return {};
}

Status Keys::write() {
    if (batch_.Count() == 0) return {};
    auto taken = store_.take(batch_);
    batch_.Clear();
    return taken;
}

}  // namespace events::kafka

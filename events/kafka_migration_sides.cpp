#include "events/kafka_migration_sides.hpp"

#include <utility>

#include "events/key_ring_secrets.hpp"
#include "events/local_file_keys.hpp"
#include "events/local_files.hpp"
#include "events/record.hpp"

namespace events::kafka {
namespace {

constexpr std::string_view kDestroyedKey = "destroyed";

Digest digest_of(const parlour::log::v1::KeyCreated& created) {
    return sha256({created.tenant(), created.wrapped()});
}

std::string data_key_row(std::string_view id) {
    return row_key(kRowDataKey, {id});
}

}  // namespace

Status MovedRows::take(const Back& back) {
    const auto side = read_side(back.frame);
    if (!side) return std::unexpected(side.error());
    const std::lock_guard lock(mutex_);
    if (back.verdict == Verdict::kClaimInForce) claims_[back.partition.value] = back.head.claim;
    return back.verdict == Verdict::kCounts ? take(*side) : Status();
}

std::vector<std::string> MovedRows::lacking(Partition partition) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, wanted] : wanted_) {
        if (wanted.partition == partition && !there_.contains(name)) names.push_back(name);
    }
    return names;
}

std::size_t MovedRows::lacking() {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [name, wanted] : wanted_) count += there_.contains(name) ? 0 : 1;
    return count;
}

std::optional<std::string> MovedRows::foreign() {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, digest] : there_) {
        const auto wanted = wanted_.find(name);
        if (wanted == wanted_.end()) return "what the data folder does not have";
        if (wanted->second.digest != digest) return "something in another form than the folder";
    }
    return std::nullopt;
}

Result<ClaimRef> MovedRows::claim(Engine& engine, Partition partition) {
    std::optional<ClaimRef> before;
    {
        const std::lock_guard lock(mutex_);
        before = claims_[partition.value];
    }
    const ClaimRef claim{.term = Term{(before ? before->term.value : 0) + 1},
                         .id = random_id<ClaimId>()};
    auto side = side_under(claim);
    side.mutable_claim()->set_node("migration");
    auto record = side_record(side, random_id<RecordKey>());
    if (!record) return std::unexpected(record.error());
    record->index = ClaimIndex{claim};
    std::vector<Outgoing> one;
    one.push_back(*std::move(record));
    auto sent = append_and_wait(engine, topic_, partition, std::move(one));
    if (!sent) return std::unexpected(sent.error());
    const std::lock_guard lock(mutex_);
    if (claims_[partition.value] == claim) return claim;
    return fail(Errc::kUnavailable, "another migration writes there: end it, then run this again");
}

Status MovedRows::move(Engine& engine, Partition partition, std::size_t batch) {
    if (lacking(partition).empty()) return {};
    const auto claimed = claim(engine, partition);
    if (!claimed) return std::unexpected(claimed.error());
    auto under = side_under(*claimed);
    std::vector<Outgoing> records;
    if (auto begun = begin(partition, under, records); !begun) return begun;
    // Asked for again: nothing of an earlier migration's comes from here on.
    for (const auto& name : lacking(partition)) {
        auto record = record_of(name, under);
        if (!record) return std::unexpected(record.error());
        records.push_back(*std::move(record));
        if (records.size() < batch) continue;
        if (auto sent = append_and_wait(engine, topic_, partition, std::exchange(records, {}));
            !sent) {
            return sent;
        }
    }
    return records.empty() ? Status()
                           : append_and_wait(engine, topic_, partition, std::move(records));
}

Status MovedRows::move(Engine& engine, std::size_t batch) {
    for (std::uint16_t i = 0; i < claims_.size(); ++i) {
        if (auto moved = move(engine, Partition{i}, batch); !moved) return moved;
    }
    return {};
}

MovedKeys::MovedKeys(RingStore& ring,
                     std::string check,
                     std::size_t topic,
                     std::uint16_t partitions)
    : MovedRows(topic, partitions),
      ring_(ring),
      check_(std::move(check)),
      partitions_(partitions) {}

Result<std::unique_ptr<MovedKeys>> MovedKeys::of(RingStore& ring,
                                                 std::string check,
                                                 std::size_t topic,
                                                 std::uint16_t partitions) {
    std::unique_ptr<MovedKeys> keys(new MovedKeys(ring, std::move(check), topic, partitions));
    for (const char kind : {kRowTenant, kRowDataKey, kRowSecret}) {
        const auto scanned = ring.scan(kind, [&](std::string_view key, std::string_view value) {
            return keys->want_row(key, value);
        });
        if (!scanned) return std::unexpected(scanned.error());
    }
    return keys;
}

Status MovedKeys::want_row(std::string_view key, std::string_view value) {
    const auto rest = key.substr(1);
    if (!key.starts_with(kRowDataKey)) {
        const auto tenant = TenantId::from_bytes(rest.substr(0, TenantId::kSize));
        if (!tenant) return ring_.error(Errc::kDamaged, "a row names no tenant");
        want(std::string(key), partition_of(*tenant, partitions_), sha256({value}));
        return {};
    }
    Record record;
    if (auto decoded = decode_record(value, record); !decoded) return decoded;
    if (record.has_key_created()) {
        const auto tenant = TenantId::from_bytes(record.key_created().tenant());
        if (!tenant) return ring_.error(Errc::kDamaged, "a key names no tenant");
        want(std::string(key), partition_of(*tenant, partitions_), digest_of(record.key_created()));
        return {};
    }
    // What is left of a destroyed key does not tell whose it was, and counts wherever it stands.
    const auto anywhere = static_cast<std::uint16_t>(static_cast<unsigned char>(rest.front()));
    want(std::string(key),
         Partition{static_cast<std::uint16_t>(anywhere % partitions_)},
         sha256({kDestroyedKey}));
    return {};
}

Status MovedKeys::take(const SideRecord& side) {
    if (side.has_key_created()) {
        found(data_key_row(side.key_created().key_id()), digest_of(side.key_created()));
    } else if (side.has_key_destroyed()) {
        found(data_key_row(side.key_destroyed().key_id()), sha256({kDestroyedKey}));
    } else if (side.has_ring_row() && side.ring_row().row().starts_with(kRowCluster)) {
        if (side.ring_row().value() != check_) {
            return fail(Errc::kWrongMasterKey,
                        "the keys there are under another master key than the data folder's");
        }
        checked_[side.ring_row().row()] = true;
    } else if (side.has_ring_row()) {
        found(side.ring_row().row(), sha256({side.ring_row().value()}));
    } else if (side.has_ring_row_ended() && side.ring_row_ended().row().starts_with(kRowSecret)) {
        found(side.ring_row_ended().row(), sha256({kDestroyedSecret}));
    }
    return {};
}

Status MovedKeys::begin(Partition partition, SideRecord& under, std::vector<Outgoing>& out) {
    std::string row(1, kRowCluster);
    append_number(row, partition.value);
    if (checked_.contains(row)) return {};
    under.mutable_ring_row()->set_row(row);
    under.mutable_ring_row()->set_value(check_);
    auto record = side_record(under, random_id<RecordKey>());
    if (!record) return std::unexpected(record.error());
    out.push_back(*std::move(record));
    return {};
}

Result<Outgoing> MovedKeys::record_of(const std::string& name, SideRecord& under) {
    std::string value;
    const auto there = ring_.get(name, value);
    if (!there) return std::unexpected(there.error());
    if (!*there) return ring_.error(Errc::kDamaged, "a row has gone meanwhile");
    if (!name.starts_with(kRowDataKey)) {
        // Its own record key is nobody's: what it ended was never in this topic.
        if (value == kDestroyedSecret) {
            under.mutable_ring_row_ended()->set_row(name);
        } else {
            under.mutable_ring_row()->set_row(name);
            under.mutable_ring_row()->set_value(value);
        }
        return side_record(under, random_id<RecordKey>());
    }
    Record record;
    if (auto decoded = decode_record(value, record); !decoded) {
        return std::unexpected(decoded.error());
    }
    if (record.has_key_created()) {
        *under.mutable_key_created() = record.key_created();
    } else {
        *under.mutable_key_destroyed() = record.key_destroyed();
    }
    const auto id = RecordKey::from_bytes(std::string_view(name).substr(1));
    if (!id) return ring_.error(Errc::kDamaged, "a row of a data key without its id");
    return side_record(under, *id);
}

MovedFiles::MovedFiles(LocalLog& log, std::size_t topic, std::uint16_t partitions)
    : MovedRows(topic, partitions), log_(log) {}

Result<std::unique_ptr<MovedFiles>> MovedFiles::of(LocalLog& log,
                                                   std::size_t topic,
                                                   std::uint16_t partitions) {
    std::unique_ptr<MovedFiles> files(new MovedFiles(log, topic, partitions));
    // The embedded engine has no other.
    const auto& stored = static_cast<const local::LocalFiles&>(log.files());
    const auto scanned =
        stored.each_chunk([&](const FilePlace& place, std::uint32_t index, std::string_view frame) {
            const auto name = local::chunk_key(place, index);
            files->chunks_.emplace(name, Chunk{place, index});
            files->want(name, partition_of(place.tenant, partitions), sha256({frame}));
        });
    if (!scanned) return std::unexpected(scanned.error());
    return files;
}

Status MovedFiles::take(const SideRecord& side) {
    const auto name_of = [](const auto& chunk) -> Result<std::string> {
        const auto tenant = TenantId::from_bytes(chunk.tenant());
        const auto stream = Uuid::from_bytes(chunk.stream());
        const auto file = Uuid::from_bytes(chunk.file());
        if (!tenant || !stream || !file) return fail(Errc::kDamaged, "a chunk names no file");
        return local::chunk_key(
            {.tenant = *tenant, .stream = {chunk.stream_kind(), *stream}, .file = *file},
            chunk.index());
    };
    if (side.has_stored_chunk()) {
        auto name = name_of(side.stored_chunk());
        if (!name) return std::unexpected(name.error());
        found(*std::move(name), sha256({side.stored_chunk().frame()}));
    } else if (side.has_chunk_removed()) {
        const auto name = name_of(side.chunk_removed());
        if (!name) return std::unexpected(name.error());
        gone(*name);
    }
    return {};
}

Result<Outgoing> MovedFiles::record_of(const std::string& name, SideRecord& under) {
    const auto& [place, index] = chunks_.at(name);
    if (open_ != place) {
        auto frames = log_.files().get(place);
        if (!frames) return std::unexpected(frames.error());
        frames_ = *std::move(frames);
        open_ = place;
    }
    auto& chunk = *under.mutable_stored_chunk();
    chunk.set_tenant(std::string(place.tenant.view()));
    chunk.set_stream_kind(place.stream.kind);
    chunk.set_stream(std::string(place.stream.uuid.view()));
    chunk.set_file(std::string(place.file.view()));
    chunk.set_index(index);
    chunk.set_frame(frames_.at(index));
    return side_record(under, random_id<RecordKey>());
}

}  // namespace events::kafka

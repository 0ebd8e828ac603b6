#include "events/partition_fold.hpp"

#include <algorithm>

#include "events/commit.hpp"

namespace events {
namespace {

bool lists(const std::vector<SeqRange>& ranges, Seq seq) {
    return std::ranges::any_of(
        ranges, [&](const SeqRange& range) { return range.first <= seq && seq <= range.last; });
}

struct CoveredCommit {
    TenantId tenant;
    Seq seq;
    StreamId stream;
    Uuid case_id;
    CommandId command;
};

// Nothing for a tombstone that is none of ours.
std::optional<CoveredCommit> read_tombstone(const parlour::log::v1::Tombstone& tombstone) {
    const auto tenant = TenantId::from_bytes(tombstone.tenant());
    const auto stream = Uuid::from_bytes(tombstone.stream());
    const auto case_id = Uuid::from_bytes(tombstone.case_id());
    const auto command = CommandId::from_bytes(tombstone.command_id());
    if (!tenant || !stream || !case_id || !command) return std::nullopt;
    return CoveredCommit{.tenant = *tenant,
                         .seq = Seq{tombstone.seq()},
                         .stream = {.kind = tombstone.stream_kind(), .uuid = *stream},
                         .case_id = *case_id,
                         .command = *command};
}

void decide(TenantFold& tenant, const StreamId& stream, const Decides& decides) {
    if (!std::holds_alternative<std::monostate>(decides)) tenant.permanent.insert(stream);
    if (const auto* const erases = std::get_if<Erases>(&decides)) {
        auto& listed = tenant.erasures[{.stream = erases->stream, .id = erases->case_id}];
        listed.insert(listed.end(), erases->seqs.begin(), erases->seqs.end());
    } else if (const auto* const ends = std::get_if<EndsErasure>(&decides)) {
        tenant.done.insert(ends->case_id);
    } else if (const auto* const holds = std::get_if<Holds>(&decides)) {
        tenant.holds.insert(holds->stream);
    }
}

}  // namespace

std::vector<Seq> TenantFold::gaps() const {
    std::vector<Seq> missing;
    std::uint64_t expected = 1;
    for (const auto& [seq, place] : places) {
        for (; expected < seq.value; ++expected) missing.push_back(Seq{expected});
        ++expected;
    }
    return missing;
}

Seq TenantFold::head() const {
    return places.empty() ? Seq{} : places.rbegin()->first;
}

bool TenantFold::is_erased(const StreamId& stream) const {
    const auto first = erasures.lower_bound({.stream = stream, .id = {}});
    return first != erasures.end() && first->first.stream == stream;
}

bool TenantFold::is_listed(const StreamId& stream, Seq seq) const {
    return std::ranges::any_of(erasures, [&](const auto& erasure) {
        return erasure.first.stream == stream && lists(erasure.second, seq);
    });
}

const TenantFold& PartitionFold::tenant(const TenantId& id) const {
    static const TenantFold kEmpty;
    const auto found = tenants_.find(id);
    return found == tenants_.end() ? kEmpty : found->second;
}

Effect PartitionFold::apply(const RecordKey& key, const Record& record, const Decides& decides) {
    const auto verdict = fence_.apply(record);
    switch (verdict) {
        case Verdict::kClaimInForce:
            return Effect::kClaimed;
        case Verdict::kClaimLost:
            return Effect::kNone;
        case Verdict::kVoid:
            if (record.has_commit()) voids_.insert(key);
            return Effect::kVoid;
        case Verdict::kCounts:
            break;
    }
    if (record.has_commit()) return commit(key, record, decides);
    if (record.has_tombstone()) return tombstone(record);
    if (!record.has_void_tombstone()) return Effect::kNone;
    voids_.erase(key);
    return Effect::kCounted;
}

Effect PartitionFold::commit(const RecordKey& key, const Record& record, const Decides& decides) {
    OpenedHeader opened;
    if (!read_header(record.commit(), opened)) return Effect::kContradiction;
    const auto& meta = opened.meta;
    auto& tenant = tenants_[meta.tenant];
    const auto binding = tenant.bound.find(meta.key_id);
    const bool other_stream = binding != tenant.bound.end() && binding->second != meta.stream;
    if (tenant.places.contains(meta.seq) || other_stream) {
        tenant.contradiction = true;
        return Effect::kContradiction;
    }
    tenant.bound.emplace(meta.key_id, meta.stream);
    tenant.places.emplace(meta.seq,
                          Place{.covered = false,
                                .key = key,
                                .stream = meta.stream,
                                .command = meta.command,
                                .commitment = record.commit().commitment(),
                                .data_key = meta.key_id});
    tenant.commands.insert(meta.command);
    decide(tenant, meta.stream, decides);
    return Effect::kCounted;
}

Effect PartitionFold::tombstone(const Record& record) {
    const auto covered = read_tombstone(record.tombstone());
    if (!covered) return Effect::kForged;
    auto& tenant = tenants_[covered->tenant];
    const auto erasure = tenant.erasures.find({.stream = covered->stream, .id = covered->case_id});
    if (erasure == tenant.erasures.end() || !lists(erasure->second, covered->seq)) {
        return Effect::kForged;
    }
    const auto& commitment = record.tombstone().commitment();
    const auto old = tenant.places.find(covered->seq);
    if (old != tenant.places.end() && old->second.commitment != commitment) {
        tenant.contradiction = true;
        return Effect::kContradiction;
    }
    tenant.places.insert_or_assign(covered->seq,
                                   Place{.covered = true,
                                         .key = {},
                                         .stream = covered->stream,
                                         .command = covered->command,
                                         .commitment = commitment,
                                         .data_key = {}});
    tenant.commands.insert(covered->command);
    return Effect::kCounted;
}

}  // namespace events

#include "events/local_keys.hpp"

#include <cstring>

namespace events::local {

Bytes<kRecordKeyBytes> record_key(Partition partition, Offset offset) {
    Bytes<kRecordKeyBytes> out;
    put_number(out.data(), partition.value);
    put_number(out.data() + 2, offset.value);
    return out;
}

Bytes<kSeqKeyBytes> seq_key(const TenantId& tenant, Seq seq) {
    Bytes<kSeqKeyBytes> out;
    std::memcpy(out.data(), tenant.bytes.data(), TenantId::kSize);
    put_number(out.data() + TenantId::kSize, seq.value);
    return out;
}

Bytes<kStreamPrefixBytes> stream_prefix(const TenantId& tenant, const StreamId& stream) {
    Bytes<kStreamPrefixBytes> out;
    std::memcpy(out.data(), tenant.bytes.data(), TenantId::kSize);
    out[TenantId::kSize] = static_cast<char>(static_cast<std::uint8_t>(stream.kind));
    std::memcpy(out.data() + TenantId::kSize + 1, stream.uuid.bytes.data(), Uuid::kSize);
    return out;
}

Bytes<kStreamKeyBytes> stream_key(const TenantId& tenant, const StreamId& stream, Version first) {
    Bytes<kStreamKeyBytes> out;
    const auto prefix = stream_prefix(tenant, stream);
    std::memcpy(out.data(), prefix.data(), prefix.size());
    put_number(out.data() + prefix.size(), first.value);
    return out;
}

Bytes<kClaimValueBytes> claim_value(const ClaimRef& claim) {
    Bytes<kClaimValueBytes> out;
    put_number(out.data(), claim.term.value);
    std::memcpy(out.data() + 8, claim.id.bytes.data(), ClaimId::kSize);
    return out;
}

std::optional<RecordPlace> parse_record_key(std::string_view key) {
    if (key.size() != kRecordKeyBytes) return std::nullopt;
    return RecordPlace{.partition = Partition{get_number<std::uint16_t>(key.data())},
                       .offset = Offset{get_number<std::uint64_t>(key.data() + 2)}};
}

std::optional<SeqPlace> parse_seq_key(std::string_view key) {
    if (key.size() != kSeqKeyBytes) return std::nullopt;
    return SeqPlace{.tenant = *TenantId::from_bytes(key.substr(0, TenantId::kSize)),
                    .seq = Seq{get_number<std::uint64_t>(key.data() + TenantId::kSize)}};
}

std::optional<Offset> parse_offset(std::string_view value) {
    if (value.size() != 8) return std::nullopt;
    return Offset{get_number<std::uint64_t>(value.data())};
}

std::optional<Offset> offset_in_run(std::string_view run, std::uint64_t index) {
    if (run.size() % 8 != 0 || index >= run_length(run)) return std::nullopt;
    return Offset{get_number<std::uint64_t>(run.data() + index * 8)};
}

std::optional<ClaimRef> parse_claim(std::string_view value) {
    if (value.size() != kClaimValueBytes) return std::nullopt;
    return ClaimRef{.term = Term{get_number<std::uint64_t>(value.data())},
                    .id = *ClaimId::from_bytes(value.substr(8))};
}

void append_stream_place(std::string& row, const StreamPlace& place) {
    append_number(row, place.first_version.value);
    append_number(row, place.offset.value);
}

std::optional<std::vector<StreamPlace>> parse_stream_places(std::string_view row) {
    if (row.empty() || row.size() % kStreamPlaceBytes != 0) return std::nullopt;
    std::vector<StreamPlace> places;
    places.reserve(row.size() / kStreamPlaceBytes);
    for (; !row.empty(); row.remove_prefix(kStreamPlaceBytes)) {
        places.push_back({.first_version = Version{get_number<std::uint64_t>(row.data())},
                          .offset = Offset{get_number<std::uint64_t>(row.data() + 8)}});
    }
    return places;
}

}  // namespace events::local

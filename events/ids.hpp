#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "parlour/log/v1/record.pb.h"

// Identity and order: strong types, explicit in and out. Text forms are lower-case hex; every
// public id begins with its tenant: TENANT-TAG-HEX, e.g. 00c1...9a-cnv-4f...02.
namespace events {

using StreamKind = parlour::log::v1::StreamKind;

// N random or keyed-hash bytes; Tag only keeps the kinds of id apart.
template <class Tag, std::size_t N>
struct Id {
    static constexpr std::size_t kSize = N;
    std::array<std::uint8_t, N> bytes{};

    friend auto operator<=>(const Id&, const Id&) = default;
    [[nodiscard]] std::string_view view() const {
        return {reinterpret_cast<const char*>(bytes.data()), N};
    }
    // Exactly N bytes, else nothing.
    static std::optional<Id> from_bytes(std::string_view raw) {
        if (raw.size() != N) return std::nullopt;
        Id id;
        for (std::size_t i = 0; i < N; ++i) id.bytes[i] = static_cast<std::uint8_t>(raw[i]);
        return id;
    }
};

using TenantId = Id<struct TenantTag, 8>;
// The reserved tenant of what belongs to no company: accounts and reservations.
inline constexpr TenantId kPlatformTenant{};

using CommandId = Id<struct CommandTag, 16>;
using KeyId = Id<struct KeyTag, 16>;
using ClaimId = Id<struct ClaimTag, 16>;
using RecordKey = Id<struct RecordKeyTag, 16>;
using Uuid = Id<struct UuidTag, 16>;  // the part of a resource id behind tenant and tag

struct StreamId {
    StreamKind kind{};
    Uuid uuid;
    friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

// A count or place that does not convert by itself. Compare and print value.
template <class Tag, class Rep = std::uint64_t>
struct Number {
    Rep value{};
    friend auto operator<=>(const Number&, const Number&) = default;
};

using Seq = Number<struct SeqTag>;          // of a commit in its tenant: 1, 2, 3 ...; 0: none
using Version = Number<struct VersionTag>;  // of an event in its stream: 1, 2, 3 ...; 0: no stream
using Offset = Number<struct OffsetTag>;    // of a record in its partition: from 0, gaps allowed
using Term = Number<struct TermTag>;        // of a claim; 0: none
using Partition = Number<struct PartitionTag, std::uint16_t>;

// What every record names (F2): the claim it was sent under.
struct ClaimRef {
    Term term;
    ClaimId id;
    friend auto operator<=>(const ClaimRef&, const ClaimRef&) = default;
};

// The partition of a tenant: the first 8 bytes of SHA-256(tenant), big-endian, modulo `partitions`
// (at least 1). Fixed for ever, golden-tested.
Partition partition_of(const TenantId& tenant, std::uint16_t partitions);

std::string to_hex(std::string_view bytes);
// Nothing for an odd length or another character than 0-9 a-f.
std::optional<std::string> from_hex(std::string_view text);

std::string to_text(const TenantId& tenant);  // 16 hex digits
std::optional<TenantId> parse_tenant(std::string_view text);

// TENANT-TAG-HEX. The tag is three lower-case letters: a kind's, or "msg", "tok".
std::string public_id(const TenantId& tenant, std::string_view tag, const Uuid& uuid);
std::string public_id(const TenantId& tenant, const StreamId& stream);

struct PublicId {
    TenantId tenant;
    std::string tag;
    Uuid uuid;
};
std::optional<PublicId> parse_public_id(std::string_view text);
// The same, and the tag must be that of `kind`.
std::optional<PublicId> parse_stream_id(std::string_view text, StreamKind kind);

// 2026-11-22T01:28:00.000Z, UTC, always milliseconds.
std::string format_time(std::int64_t unix_ms);
// The same form; the fraction may be absent, and so may the time of day (midnight UTC).
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace events

template <class Tag, std::size_t N>
struct std::hash<events::Id<Tag, N>> {
    // Ids are random or keyed hashes, so their first bytes are a hash already.
    std::size_t operator()(const events::Id<Tag, N>& id) const noexcept {
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof(value); ++i) value = (value << 8U) | id.bytes[i];
        return value;
    }
};

template <>
struct std::hash<events::StreamId> {
    std::size_t operator()(const events::StreamId& id) const noexcept {
        return std::hash<events::Uuid>{}(id.uuid) ^ static_cast<std::size_t>(id.kind);
    }
};

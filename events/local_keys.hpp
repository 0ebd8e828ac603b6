#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/bytes.hpp"
#include "events/ids.hpp"

// The keys and index values of the local log, byte for byte as schemas/log_format.md states them.
// All numbers are big-endian, so that the order of keys is the order of numbers. Knows no RocksDB.
namespace events::local {

inline constexpr std::size_t kRecordKeyBytes = 2 + 8;                   // partition | offset
inline constexpr std::size_t kSeqKeyBytes = 8 + 8;                      // tenant | seq
inline constexpr std::size_t kStreamPrefixBytes = 8 + 1 + 16;           // tenant | kind | stream
inline constexpr std::size_t kStreamKeyBytes = kStreamPrefixBytes + 8;  // ... | first version
inline constexpr std::size_t kClaimValueBytes = 8 + 16;                 // term | claim id

Bytes<kRecordKeyBytes> record_key(Partition partition, Offset offset);
Bytes<kSeqKeyBytes> seq_key(const TenantId& tenant, Seq seq);
Bytes<kStreamPrefixBytes> stream_prefix(const TenantId& tenant, const StreamId& stream);
Bytes<kStreamKeyBytes> stream_key(const TenantId& tenant, const StreamId& stream, Version first);
Bytes<kClaimValueBytes> claim_value(const ClaimRef& claim);

// The readers give nothing for bytes of another length.
struct RecordPlace {
    Partition partition;
    Offset offset;
};
std::optional<RecordPlace> parse_record_key(std::string_view key);
struct SeqPlace {
    TenantId tenant;
    Seq seq;
};
std::optional<SeqPlace> parse_seq_key(std::string_view key);
std::optional<Offset> parse_offset(std::string_view value);
// Entry `index` of a run of offsets; nothing behind its end.
std::optional<Offset> offset_in_run(std::string_view run, std::uint64_t index);
inline std::uint64_t run_length(std::string_view run) {
    return run.size() / 8;
}
std::optional<ClaimRef> parse_claim(std::string_view value);

// A row of the stream index: where each commit from its key's version on lies, ascending.
struct StreamPlace {
    Version first_version;
    Offset offset;
};
inline constexpr std::size_t kStreamPlaceBytes = 8 + 8;
void append_stream_place(std::string& row, const StreamPlace& place);
// Nothing for a row of another length.
std::optional<std::vector<StreamPlace>> parse_stream_places(std::string_view row);

}  // namespace events::local

#pragma once

#include <cstdint>
#include <string>

#include "events/bytes.hpp"
#include "events/files.hpp"
#include "events/local_keys.hpp"

// The keys of files in the local log's folder: schemas/log_format.md. Knows no RocksDB.
namespace events::local {

inline constexpr char kChunkKind = 'c';
inline constexpr char kWaitingKind = 'w';

inline std::string stream_key_of(char kind, const TenantId& tenant, const StreamId& stream) {
    const auto prefix = stream_prefix(tenant, stream);
    return std::string(1, kind).append(prefix.data(), prefix.size());
}

inline std::string file_key(char kind, const FilePlace& place) {
    return stream_key_of(kind, place.tenant, place.stream).append(place.file.view());
}

inline std::string chunk_key(const FilePlace& place, std::uint32_t index) {
    auto key = file_key(kChunkKind, place);
    append_number(key, index);
    return key;
}

}  // namespace events::local

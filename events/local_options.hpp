#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <array>
#include <cstddef>
#include <vector>

#include "events/error.hpp"

// How the local log sets RocksDB up, and how it reads RocksDB's answers. Every setting that
// durability or erasure rests on is stated, also where it is the library's default.
namespace events::local {

enum class Family : std::size_t {
    kMeta,
    kRecords,
    kSeqs,
    kStreams,
    kClaims,
    kKeys,
    kJournal,
    kFiles
};
inline constexpr std::array<const char*, 8> kFamilyNames = {
    "default", "records", "seqs", "streams", "claims", "keys", "journal", "files"};

rocksdb::DBOptions database_options();
// In the order of Family.
std::vector<rocksdb::ColumnFamilyDescriptor> families();
// For long reads: readahead, and what they read does not push warm blocks out.
rocksdb::ReadOptions scan_options();

// kInUse for a held lock, kDamaged for anything that reads as corruption, else kStorage.
Error error_of(const rocksdb::Status& status);

}  // namespace events::local

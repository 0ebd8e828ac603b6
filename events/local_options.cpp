#include "events/local_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <memory>
#include <string>

#include "events/local_keys.hpp"
#include "events/storage_error.hpp"

namespace events::local {
namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;
// Small enough to stay in a processor's cache: inserting is a good part of an append, and a fifth
// cheaper than with the library's 64 MiB.
constexpr std::size_t kRecordBufferBytes = 16 * kMiB;
constexpr std::size_t kIndexBufferBytes = 4 * kMiB;
constexpr std::size_t kFileBufferBytes = 8 * kMiB;
// What a start after a crash has to read again, at most about this much.
constexpr std::size_t kWalBytesMax = 128 * kMiB;
constexpr std::size_t kBlockCacheBytes = 64 * kMiB;
constexpr std::size_t kReadaheadBytes = 2 * kMiB;
constexpr int kBloomBitsPerKey = 10;
constexpr double kMemtableFilterShare = 0.05;
constexpr std::uint64_t kMicrosPerSecond = 1'000'000;
constexpr std::uint64_t kSecondsPerDay = 86'400;

struct FamilyShape {
    std::size_t buffer_bytes;
    std::size_t block_bytes;
    std::size_t ascending_prefix;  // keys ascend behind a prefix of this length; 0: they do not
    // Look-ups of keys, or of such prefixes, that often do not exist.
    enum class Filter : std::uint8_t { kNone, kKeys, kPrefixes } filter;
};

rocksdb::ColumnFamilyOptions family_options(const FamilyShape& shape,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = shape.block_bytes;
    table.format_version = 5;
    table.checksum = rocksdb::kXXH3;
    if (shape.filter != FamilyShape::Filter::kNone) {
        table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
    }
    table.whole_key_filtering = shape.filter == FamilyShape::Filter::kKeys;

    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.write_buffer_size = shape.buffer_bytes;
    options.max_write_buffer_number = 4;
    options.compression = rocksdb::kLZ4Compression;
    options.bottommost_compression = rocksdb::kZSTD;
    options.enable_blob_files = false;
    // A backstop: no overwritten byte stays longer because nothing else moved its file.
    options.periodic_compaction_seconds = 30 * kSecondsPerDay;
    if (shape.filter == FamilyShape::Filter::kPrefixes) {
        options.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(shape.ascending_prefix));
        options.memtable_prefix_bloom_size_ratio = kMemtableFilterShare;
    }
    if (shape.ascending_prefix > 0) {
        options.memtable_insert_with_hint_prefix_extractor.reset(
            rocksdb::NewFixedPrefixTransform(shape.ascending_prefix));
    }
    return options;
}

}  // namespace

rocksdb::DBOptions database_options() {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.paranoid_checks = true;
    options.verify_sst_unique_id_in_manifest = true;
    options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
    // A torn tail is a write nobody was told of; anything else unreadable refuses to open (but see
    // local_wal.hpp). Files
    // that are not the last one are checked by their length in the manifest. SyncWAL() is never
    // called: in 7.8 the two together may refuse a sound folder.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.track_and_verify_wals_in_manifest = true;
    options.manual_wal_flush = false;
    options.unordered_write = false;
    options.enable_pipelined_write = false;
    // One thread writes; without concurrent inserts ascending keys find their place from a hint.
    options.allow_concurrent_memtable_write = false;
    options.avoid_flush_during_shutdown = false;
    options.max_bgerror_resume_count = 0;  // a failed disk stops us; it is not waited for

    // Nothing of an erased record may outlive its compaction in a side file.
    options.WAL_ttl_seconds = 0;
    options.WAL_size_limit_MB = 0;
    options.recycle_log_file_num = 0;
    options.delete_obsolete_files_period_micros = 600 * kMicrosPerSecond;
    options.keep_log_file_num = 3;
    options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    options.max_manifest_file_size = 64 * kMiB;

    options.max_total_wal_size = kWalBytesMax;
    options.max_open_files = -1;  // a secondary keeps reading files that were deleted meanwhile
    options.max_background_jobs = 2;
    options.bytes_per_sync = kMiB;  // a large flush must not hold up the log's own syncs
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families() {
    const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCacheBytes);
    constexpr std::size_t kSmallBlock = std::size_t{4} * 1024;
    constexpr std::size_t kLargeBlock = std::size_t{16} * 1024;
    using Filter = FamilyShape::Filter;
    const std::array<FamilyShape, kFamilyNames.size()> shapes = {{
        {.buffer_bytes = kMiB,
         .block_bytes = kSmallBlock,
         .ascending_prefix = 0,
         .filter = Filter::kNone},
        {.buffer_bytes = kRecordBufferBytes,
         .block_bytes = kLargeBlock,
         .ascending_prefix = 2,
         .filter = Filter::kNone},
        {.buffer_bytes = kIndexBufferBytes,
         .block_bytes = kSmallBlock,
         .ascending_prefix = TenantId::kSize,
         .filter = Filter::kNone},
        {.buffer_bytes = kIndexBufferBytes,
         .block_bytes = kSmallBlock,
         .ascending_prefix = kStreamPrefixBytes,
         .filter = Filter::kPrefixes},
        {.buffer_bytes = kMiB,
         .block_bytes = kSmallBlock,
         .ascending_prefix = 0,
         .filter = Filter::kNone},
        {.buffer_bytes = kIndexBufferBytes,
         .block_bytes = kSmallBlock,
         .ascending_prefix = 0,
         .filter = Filter::kKeys},
        {.buffer_bytes = kIndexBufferBytes,
         .block_bytes = kSmallBlock,
         .ascending_prefix = 0,
         .filter = Filter::kNone},
        {.buffer_bytes = kFileBufferBytes,
         .block_bytes = kLargeBlock,
         .ascending_prefix = 0,
         .filter = Filter::kNone},
    }};
    std::vector<rocksdb::ColumnFamilyDescriptor> out;
    out.reserve(shapes.size());
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        out.emplace_back(kFamilyNames.at(i), family_options(shapes.at(i), cache));
    }
    return out;
}

rocksdb::ReadOptions scan_options() {
    rocksdb::ReadOptions options;
    options.readahead_size = kReadaheadBytes;
    options.fill_cache = false;
    options.total_order_seek = true;
    return options;
}

Error error_of(const rocksdb::Status& status) {
    std::string text = status.ToString();
    const bool about_lock = text.contains("While lock file") || text.contains("lock hold by");
    if (status.IsIOError() && about_lock) return {Errc::kInUse, std::move(text)};
    const Errc code = storage_code(status.IsCorruption(), text);
    return {code, std::move(text)};
}

}  // namespace events::local

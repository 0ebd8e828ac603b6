#include "events/key_ring_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "events/local_wal.hpp"
#include "events/storage_error.hpp"

namespace events {
namespace {

namespace fs = std::filesystem;

// Small files, so that compacting one destroyed key away rewrites a few of them in milliseconds.
constexpr std::uint64_t kFileBytes = std::uint64_t{2} * 1024 * 1024;
constexpr std::size_t kWriteBufferBytes = std::size_t{1} * 1024 * 1024;
constexpr std::uint64_t kBaseLevelBytes = 4 * kFileBytes;
constexpr std::size_t kBlockCacheBytes = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kInfoLogBytes = std::size_t{1} * 1024 * 1024;
constexpr double kBloomBitsPerKey = 10;
// A secondary's look at the folder can meet a file that the owner has just replaced.
constexpr int kLookTriesMax = 5;
constexpr mode_t kFolderMode = 0700;
// How long an automatic compaction of a few small files may take, and how often to look.
constexpr std::chrono::seconds kBackgroundWorkMax{10};
constexpr std::chrono::milliseconds kBackgroundWorkLook{1};

// A failed disk stops writes until the program restarts, a full one too: the library would sync a
// file again whose sync has failed, which says nothing about the bytes before it.
class NoResumption final : public rocksdb::EventListener {
  public:
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                              rocksdb::Status /*error*/,
                              bool* auto_recovery) override {
        *auto_recovery = false;
    }
};

rocksdb::Options rocks_options(bool create, rocksdb::Env* env) {
    rocksdb::Options options;
    if (env != nullptr) options.env = env;
    options.create_if_missing = create;
    options.paranoid_checks = true;
    options.paranoid_file_checks = true;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.max_bgerror_resume_count = 0;
    options.listeners.push_back(std::make_shared<NoResumption>());
    options.target_file_size_base = kFileBytes;
    options.write_buffer_size = kWriteBufferBytes;
    options.max_bytes_for_level_base = kBaseLevelBytes;
    options.compression = rocksdb::kNoCompression;  // wrapped keys are random bytes
    options.max_open_files = -1;                    // a secondary must keep replaced files readable
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.keep_log_file_num = 2;
    options.max_log_file_size = kInfoLogBytes;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

std::unexpected<Error> named(const fs::path& dir, Errc code, std::string_view what) {
    return fail(code, fmt::format("key ring {}: {}", dir.string(), what));
}

std::unexpected<Error> from_rocks(const fs::path& dir, const rocksdb::Status& status) {
    const std::string text = status.ToString();
    return named(dir, storage_code(status.IsCorruption(), text), text);
}

// RocksDB tells a held lock only by its text: "lock hold by current process" or "While lock file".
bool is_lock_held(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    return status.IsIOError() && (text.find("lock hold by") != std::string::npos ||
                                  text.find("While lock file") != std::string::npos);
}

// Takes a batch apart: what goes to the log of rows, and what is of this folder only.
class Splitter final : public rocksdb::WriteBatch::Handler {
  public:
    void Put(const rocksdb::Slice& key, const rocksdb::Slice& value) override {
        if (key.starts_with(rocksdb::Slice(&kRowBatch, 1))) return;
        shared.push_back({.key = key.ToString(), .value = value.ToString()});
    }
    void Delete(const rocksdb::Slice& key) override { own.Delete(key); }

    std::vector<RingLog::Row> shared;
    rocksdb::WriteBatch own;
};

enum class Found { kRing, kNothing, kForeign };

// A ring that a crash left half made has no data file yet and counts as nothing; data files without
// the file CURRENT are a damaged ring, never a place to make a new one.
Found look_at(const fs::path& dir, std::error_code& error) {
    if (!fs::exists(dir, error) || error) return Found::kNothing;
    if (fs::exists(dir / "CURRENT", error)) return Found::kRing;
    bool foreign = false;
    for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        const bool half_made = name == "LOCK" || name == "IDENTITY" || name.starts_with("LOG") ||
                               name.starts_with("MANIFEST-") || name.ends_with(".dbtmp");
        foreign = foreign || !half_made;
    }
    return foreign ? Found::kForeign : Found::kNothing;
}

// The folder for its owner only, and its name durable in the folder above.
bool make_folder(const fs::path& dir, std::error_code& error) {
    const fs::path absolute = fs::absolute(dir, error).lexically_normal();
    const fs::path folder = absolute.has_filename() ? absolute : absolute.parent_path();
    fs::create_directories(folder.parent_path(), error);
    if (error) return false;
    if (mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
        error.assign(errno, std::generic_category());
        return false;
    }
    const int parent = ::open(folder.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool ok = chmod(folder.c_str(), kFolderMode) == 0 && parent >= 0 && fsync(parent) == 0;
    if (!ok) error.assign(errno, std::generic_category());
    if (parent >= 0) close(parent);
    return ok;
}

using OpenedDb = Result<std::shared_ptr<rocksdb::DB>>;

OpenedDb open_primary(const fs::path& dir, bool create, rocksdb::Env* env, bool& dropped_tail) {
    rocksdb::DB* raw = nullptr;
    auto status = rocksdb::DB::Open(rocks_options(create, env), dir.string(), &raw);
    if (status.IsCorruption()) {
        const auto dropped =
            local::drop_unsynced_tails(env == nullptr ? *rocksdb::Env::Default() : *env, dir);
        dropped_tail = dropped && *dropped;
        if (dropped_tail) {
            status = rocksdb::DB::Open(rocks_options(create, env), dir.string(), &raw);
        }
    }
    if (is_lock_held(status)) {
        return named(dir, Errc::kInUse, "another process has this key ring open");
    }
    if (!status.ok()) return from_rocks(dir, status);
    return std::shared_ptr<rocksdb::DB>(raw);
}

OpenedDb open_secondary(const fs::path& dir, const fs::path& scratch, rocksdb::Env* env) {
    rocksdb::Status status;
    for (int tries = 0; tries < kLookTriesMax; ++tries) {
        rocksdb::DB* raw = nullptr;
        status = rocksdb::DB::OpenAsSecondary(
            rocks_options(false, env), dir.string(), scratch.string(), &raw);
        if (status.ok()) return std::shared_ptr<rocksdb::DB>(raw);
    }
    return from_rocks(dir, status);
}

}  // namespace

std::string row_key(char kind, std::initializer_list<std::string_view> parts) {
    std::string key(1, kind);
    for (const auto part : parts) key.append(part);
    return key;
}

RingStore::RingStore(fs::path dir, const Options& options, std::shared_ptr<rocksdb::DB> db)
    : dir_(std::move(dir)),
      secondary_dir_(options.secondary_dir),
      env_(options.env),
      db_(std::move(db)) {}

Result<std::unique_ptr<RingStore>> RingStore::open(const fs::path& dir, const Options& options) {
    std::error_code system_error;
    const Found found = look_at(dir, system_error);
    if (system_error) return named(dir, Errc::kStorage, system_error.message());
    if (found == Found::kForeign) {
        return named(dir, Errc::kDamaged, "the folder holds files but no ring");
    }
    const bool create = found == Found::kNothing;
    if (create && (options.secondary || !options.may_create)) {
        return named(dir, Errc::kNotFound, "there is no key ring here");
    }
    if (create && !make_folder(dir, system_error)) {
        return named(dir, Errc::kStorage, system_error.message());
    }
    bool dropped_tail = false;
    auto db = options.secondary ? open_secondary(dir, options.secondary_dir, options.env)
                                : open_primary(dir, create, options.env, dropped_tail);
    if (!db) return std::unexpected(db.error());
    std::unique_ptr<RingStore> store(new RingStore(dir, options, std::move(*db)));
    store->dropped_tail_ = dropped_tail;
    return store;
}

std::shared_ptr<rocksdb::DB> RingStore::db() const {
    const std::lock_guard lock(mutex_);
    return db_;
}

Result<bool> RingStore::get(const std::string& key, std::string& value) const {
    const rocksdb::Status status = db()->Get(rocksdb::ReadOptions(), key, &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return from_rocks(dir_, status);
    return true;
}

Status RingStore::write(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = db()->Write(options, &batch);
    if (status.ok()) return {};
    failed_.store(true, std::memory_order_relaxed);
    return from_rocks(dir_, status);
}

Status RingStore::take(rocksdb::WriteBatch& batch) {
    const rocksdb::Status status = db()->Write({}, &batch);
    if (status.ok()) return {};
    failed_.store(true, std::memory_order_relaxed);
    return from_rocks(dir_, status);
}

Status RingStore::share(const TenantId& tenant, rocksdb::WriteBatch& batch) {
    if (log_ == nullptr) return write(batch);
    Splitter split;
    const rocksdb::Status read = batch.Iterate(&split);
    if (!read.ok()) return from_rocks(dir_, read);
    if (auto written = log_->write(tenant, std::move(split.shared)); !written) return written;
    return take(split.own);
}

Status RingStore::scan(char kind, const Visit& visit) const {
    const std::string first(1, kind);
    const std::string last(1, static_cast<char>(kind + 1));
    const rocksdb::Slice upper(last);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper;
    const auto held = db();
    const std::unique_ptr<rocksdb::Iterator> row(held->NewIterator(options));
    for (row->Seek(first); row->Valid(); row->Next()) {
        auto visited = visit({row->key().data(), row->key().size()},
                             {row->value().data(), row->value().size()});
        if (!visited) return visited;
    }
    if (!row->status().ok()) return from_rocks(dir_, row->status());
    return {};
}

Status RingStore::expunge(const std::string& key) {
    // The flush ends the write-ahead log that holds the old value; the compaction merges the new
    // value with every file that holds the old one.
    rocksdb::Status status = db()->Flush(rocksdb::FlushOptions());
    if (!status.ok()) return from_rocks(dir_, status);
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    options.exclusive_manual_compaction = false;
    options.max_subcompactions = 1;
    const rocksdb::Slice only(key);
    status = db()->CompactRange(options, &only, &only);
    if (!status.ok()) return from_rocks(dir_, status);
    wait_for_background_work();
    // Deletes what flush and compaction made obsolete now, not whenever their threads come to it.
    status = db()->EnableFileDeletions(/*force=*/true);
    if (!status.ok()) return from_rocks(dir_, status);
    return {};
}

// An automatic compaction under way keeps its input files, which may hold the old value.
void RingStore::wait_for_background_work() const {
    const auto deadline = std::chrono::steady_clock::now() + kBackgroundWorkMax;
    while (std::chrono::steady_clock::now() < deadline) {
        std::uint64_t compactions = 0;
        std::uint64_t flushes = 0;
        db()->GetIntProperty(rocksdb::DB::Properties::kNumRunningCompactions, &compactions);
        db()->GetIntProperty(rocksdb::DB::Properties::kNumRunningFlushes, &flushes);
        if (compactions + flushes == 0) return;
        std::this_thread::sleep_for(kBackgroundWorkLook);
    }
}

Status RingStore::catch_up() {
    rocksdb::Status status;
    for (int tries = 0; tries < kLookTriesMax; ++tries) {
        status = db()->TryCatchUpWithPrimary();
        if (status.ok()) return {};
    }
    return from_rocks(dir_, status);
}

Status RingStore::reopen() {
    // A secondary keeps a memory table of rows whose log is gone, and it hides newer data files
    // until the owner writes again (RocksDB 7.8); only a fresh instance is sure to see overwrites.
    auto fresh = open_secondary(dir_, secondary_dir_, env_);
    if (!fresh) return std::unexpected(fresh.error());
    const std::lock_guard lock(mutex_);
    db_.swap(*fresh);
    return {};
}

bool RingStore::is_empty() const {
    const auto held = db();
    const std::unique_ptr<rocksdb::Iterator> row(held->NewIterator(rocksdb::ReadOptions()));
    row->SeekToFirst();
    return !row->Valid() && row->status().ok();
}

std::uint64_t RingStore::size_bytes() const {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (fs::directory_iterator at(dir_, error), end; !error && at != end; at.increment(error)) {
        std::error_code gone;  // a file may be replaced between listing and looking
        const std::uint64_t size = at->file_size(gone);
        if (!gone) bytes += size;
    }
    return bytes;
}

std::unexpected<Error> RingStore::error(Errc code, std::string_view what) const {
    return named(dir_, code, what);
}

}  // namespace events

#include "projections/store_database.hpp"

#include <fmt/format.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <mutex>
#include <vector>

#include "events/storage_error.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;

constexpr std::size_t kBlockCacheBytes = std::size_t{64} << 20U;
constexpr std::size_t kMemtableBytes = std::size_t{32} << 20U;
constexpr std::uint64_t kWalBytesMax = std::uint64_t{128} << 20U;
constexpr int kBloomBitsPerKey = 10;
// kRowPrefix, kind of row, tenant, id: the rows of one conversation and the like. The next one
// mostly goes right beside the last one, and is put there without a search.
constexpr std::size_t kNeighboursPrefix = 1 + 1 + 8 + 16;

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.write_buffer_size = kMemtableBytes;
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kNeighboursPrefix));
    // Most bytes of a row are ciphertext, which does not shrink.
    options.compression = rocksdb::kNoCompression;
    options.level_compaction_dynamic_level_bytes = true;
    return options;
}

// Once a write has failed, the library would go on by itself with the same file when a full disk
// has room again. The views stand still instead, and are read from the log again at the next start.
class NoResumption final : public rocksdb::EventListener {
  public:
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                              rocksdb::Status /*error*/,
                              bool* auto_recovery) override {
        *auto_recovery = false;
    }
};

rocksdb::DBOptions db_options(rocksdb::Env* env) {
    rocksdb::DBOptions options;
    options.listeners.push_back(std::make_shared<NoResumption>());
    if (env != nullptr) options.env = env;
    options.create_if_missing = true;
    // Mostly one thread writes; only without concurrent inserts is the neighbour looked at.
    options.allow_concurrent_memtable_write = false;
    options.max_total_wal_size = kWalBytesMax;
    // Nothing is synced: what a crash tears off the end is read from the log again, so the store
    // opens at the last whole batch.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.max_background_jobs = 2;
    options.keep_log_file_num = 4;
    options.max_log_file_size = std::size_t{4} << 20U;
    return options;
}

}  // namespace

Database::Database(std::filesystem::path dir, rocksdb::Env* env)
    : dir_(std::move(dir)), env_(env), cache_(rocksdb::NewLRUCache(kBlockCacheBytes)) {}

// NAME@VERSION -> the family that serves as it, in the family that RocksDB always has.
constexpr std::string_view kReplacedPrefix = "serving/";

Database::~Database() {
    for (auto* const family : dropped_) db_->DestroyColumnFamilyHandle(family);
    for (const auto& [name, family] : families_) db_->DestroyColumnFamilyHandle(family);
}

std::unexpected<events::Error> Database::failed(const rocksdb::Status& status) const {
    const std::string text = status.ToString();
    if (status.IsIOError() && text.find("lock") != std::string::npos) {
        return fail(Errc::kInUse, "another process has the views in " + dir_.string());
    }
    if (events::storage_code(status.IsCorruption(), text) == Errc::kDamaged) {
        return fail(Errc::kDamaged,
                    fmt::format("views in {}: {}; remove the folder, the views are built again "
                                "from the log",
                                dir_.string(),
                                text));
    }
    return fail(Errc::kStorage, fmt::format("views in {}: {}", dir_.string(), text));
}

events::Status Database::open_families(const Opener& opener) {
    std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
    if (std::filesystem::exists(dir_ / "CURRENT")) {
        const auto listed =
            rocksdb::DB::ListColumnFamilies(db_options(env_), dir_.string(), &names);
        if (!listed.ok()) return failed(listed);
    }
    std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
    wanted.reserve(names.size());
    for (const auto& name : names) wanted.emplace_back(name, family_options(cache_));
    std::vector<Family*> handles;
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = opener(wanted, &handles, &opened);
    if (!status.ok()) return failed(status);
    db_.reset(opened);
    for (std::size_t i = 0; i < names.size(); ++i) families_.emplace(names[i], handles[i]);
    return read_replacements();
}

events::Status Database::read_replacements() {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    for (rows->Seek(slice_of(kReplacedPrefix));
         rows->Valid() && rows->key().starts_with(slice_of(kReplacedPrefix));
         rows->Next()) {
        const auto name = view_of(rows->key()).substr(kReplacedPrefix.size());
        replaced_.emplace(name, rows->value().ToString());
    }
    if (!rows->status().ok()) return failed(rows->status());
    return {};
}

events::Status Database::open() {
    std::error_code error;
    std::filesystem::create_directories(dir_, error);
    if (error) return fail(Errc::kStorage, "cannot make the folder " + dir_.string());
    return open_families([this](const auto& wanted, auto* handles, auto* db) {
        return rocksdb::DB::Open(db_options(env_), dir_.string(), wanted, handles, db);
    });
}

events::Status Database::open_secondary(const std::filesystem::path& scratch) {
    if (!std::filesystem::exists(dir_ / "CURRENT")) {
        return fail(Errc::kNotFound, "no views in " + dir_.string());
    }
    return open_families([&](const auto& wanted, auto* handles, auto* db) {
        auto options = db_options(env_);
        options.create_if_missing = false;
        // Files that the owner deletes meanwhile stay readable only while they are open.
        options.max_open_files = -1;
        return rocksdb::DB::OpenAsSecondary(
            options, dir_.string(), scratch.string(), wanted, handles, db);
    });
}

Database::Family* Database::find(const std::string& name) {
    const std::shared_lock lock(mutex_);
    const auto replaced = replaced_.find(name);
    const auto found = families_.find(replaced == replaced_.end() ? name : replaced->second);
    return found == families_.end() ? nullptr : found->second;
}

std::vector<std::string> Database::names() {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, family] : families_) {
        if (name != rocksdb::kDefaultColumnFamilyName) names.push_back(name);
    }
    return names;
}

std::string Database::serving(const std::string& name) {
    const std::shared_lock lock(mutex_);
    const auto replaced = replaced_.find(name);
    return replaced == replaced_.end() ? name : replaced->second;
}

events::Status Database::replace(const std::string& name, const std::string& by) {
    const auto before = serving(name);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = db_->Put(synced, std::string(kReplacedPrefix) + name, by);
    if (!status.ok()) return failed(status);
    {
        const std::unique_lock lock(mutex_);
        replaced_.insert_or_assign(name, by);
    }
    return drop(before);
}

events::Status Database::drop(const std::string& name) {
    Family* family = nullptr;
    {
        const std::unique_lock lock(mutex_);
        const auto found = families_.find(name);
        if (found == families_.end()) return {};
        family = found->second;
        families_.erase(found);
        caches_.erase(family);
        dropped_.push_back(family);
    }
    const auto status = db_->DropColumnFamily(family);
    if (!status.ok()) return failed(status);
    return {};
}

Database::Place Database::find_place(const std::string& name) {
    Family* const family = find(name);
    if (family == nullptr) return {};
    const std::unique_lock lock(mutex_);
    return {.family = family, .cache = &caches_[family]};
}

events::Result<Database::Place> Database::find_or_create(const std::string& name) {
    if (const Place place = find_place(name); place.family != nullptr) return place;
    const std::unique_lock lock(mutex_);
    const auto replaced = replaced_.find(name);
    const auto& own = replaced == replaced_.end() ? name : replaced->second;
    auto found = families_.find(own);
    if (found == families_.end()) {
        Family* family = nullptr;
        const auto status = db_->CreateColumnFamily(family_options(cache_), own, &family);
        if (!status.ok()) return failed(status);
        found = families_.emplace(own, family).first;
    }
    return Place{.family = found->second, .cache = &caches_[found->second]};
}

std::map<std::string, Database::Family*, std::less<>> Database::families() {
    const std::shared_lock lock(mutex_);
    std::map<std::string, Family*, std::less<>> serving = families_;
    for (const auto& [name, by] : replaced_) {
        const auto found = families_.find(by);
        serving.erase(by);
        if (found != families_.end()) serving.insert_or_assign(name, found->second);
    }
    return serving;
}

events::Result<std::optional<std::string>> Database::get(Family* family, std::string_view key) {
    if (family == nullptr) return std::nullopt;
    counters_.gets.fetch_add(1, std::memory_order_relaxed);
    std::string value;
    const auto status = db_->Get({}, family, slice_of(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return failed(status);
    return value;
}

}  // namespace projections

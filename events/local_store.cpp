#include "events/local_store.hpp"

#include <rocksdb/listener.h>
#include <rocksdb/write_batch.h>

#include <string>
#include <system_error>
#include <utility>

#include "events/local_disk.hpp"
#include "events/local_keys.hpp"
#include "events/local_wal.hpp"

namespace events::local {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kPartitionsKey = "partitions";
constexpr std::string_view kSourceKey = "source";
// A secondary that meets files just deleted by the owner of the folder looks again.
constexpr int kSecondaryOpenTries = 5;

// Whether data lies in a folder that has lost the file naming its state. RocksDB would make a new,
// empty log over it.
Result<bool> lost_its_head(const std::filesystem::path& dir) {
    std::error_code error;
    if (std::filesystem::exists(dir / "CURRENT", error)) return false;
    for (const auto& file : std::filesystem::directory_iterator(dir, error)) {
        const auto kind = file.path().extension();
        std::error_code ignored;
        if ((kind == ".sst" || kind == ".log") && file.file_size(ignored) > 0) return true;
    }
    if (error) return fail(Errc::kStorage, dir.string() + ": " + error.message());
    return false;
}

Error with_folder(Error error, const std::filesystem::path& dir) {
    error.detail = error.code == Errc::kInUse ? dir.string() + " is in use by another process"
                                              : dir.string() + ": " + error.detail;
    return error;
}

}  // namespace

class Store::HealthListener final : public rocksdb::EventListener {
  public:
    explicit HealthListener(std::shared_ptr<Health> health) : health_(std::move(health)) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                           rocksdb::Status* error) override {
        const std::scoped_lock lock(health_->mutex);
        if (!health_->broken) health_->why = error->ToString();
        health_->broken = true;
    }
    // The library would go on by itself once a full disk has room, with another sync of a file
    // whose sync has failed: that one says nothing about the bytes before it.
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                              rocksdb::Status /*error*/,
                              bool* auto_recovery) override {
        *auto_recovery = false;
    }

  private:
    std::shared_ptr<Health> health_;
};

std::string Store::background_error() const {
    const std::scoped_lock lock(health_->mutex);
    return health_->why;
}

rocksdb::Status Store::open_database(const std::filesystem::path& dir,
                                     const LocalLogOptions& options) {
    auto settings = database_options();
    settings.listeners.push_back(std::make_shared<HealthListener>(health_));
    if (options.env != nullptr) settings.env = options.env;
    if (slow_disk_) settings.env = slow_disk_.get();
    rocksdb::DB* opened = nullptr;
    rocksdb::Status status;
    if (!secondary_) {
        status = rocksdb::DB::Open(settings, dir.string(), families(), &handles_, &opened);
    } else {
        settings.create_if_missing = false;
        for (int attempt = 0; attempt < kSecondaryOpenTries; ++attempt) {
            status = rocksdb::DB::OpenAsSecondary(settings,
                                                  dir.string(),
                                                  options.secondary_dir.string(),
                                                  families(),
                                                  &handles_,
                                                  &opened);
            if (status.ok()) break;
        }
    }
    db_.reset(opened);
    return status;
}

Status Store::read_meta(const std::filesystem::path& dir, const LocalLogOptions& options) {
    std::string format;
    std::string partitions;
    const auto found = db_->Get({}, family(Family::kMeta), slice(kFormatKey), &format);
    if (found.IsNotFound() && !secondary_) {
        const std::unique_ptr<rocksdb::Iterator> any(
            db_->NewIterator({}, family(Family::kRecords)));
        any->SeekToFirst();
        if (any->Valid()) return fail(Errc::kDamaged, dir.string() + ": the format entry is gone");
        if (options.partitions == 0)
            return fail(Errc::kInvalidArgument, "partitions must not be 0");
        rocksdb::WriteBatch batch;
        batch.Put(family(Family::kMeta), slice(kFormatKey), slice(number_bytes(kFormatVersion)));
        batch.Put(
            family(Family::kMeta), slice(kPartitionsKey), slice(number_bytes(options.partitions)));
        rocksdb::WriteOptions synced;
        synced.sync = true;
        const auto written = db_->Write(synced, &batch);
        if (!written.ok()) return std::unexpected(with_folder(error_of(written), dir));
        partitions_ = options.partitions;
        return {};
    }
    if (found.IsNotFound()) return fail(Errc::kNotFound, dir.string() + " holds no log");
    if (!found.ok()) return std::unexpected(with_folder(error_of(found), dir));
    const auto also = db_->Get({}, family(Family::kMeta), slice(kPartitionsKey), &partitions);
    if (!also.ok() || format.size() != 8 || partitions.size() != 2) {
        return fail(Errc::kDamaged, dir.string() + ": the format entries are unreadable");
    }
    if (const auto version = get_number<std::uint64_t>(format.data()); version != kFormatVersion) {
        return fail(Errc::kUnknownSchema,
                    dir.string() + (version > kFormatVersion
                                        ? ": written by a newer program"
                                        : ": of a format before the first release; start anew"));
    }
    partitions_ = get_number<std::uint16_t>(partitions.data());
    if (partitions_ == 0) return fail(Errc::kDamaged, dir.string() + ": no partitions");
    return {};
}

Result<std::string> Store::source() const {
    std::string source;
    const auto found = db_->Get({}, family(Family::kMeta), slice(kSourceKey), &source);
    if (!found.ok() && !found.IsNotFound()) return std::unexpected(error_of(found));
    return source;
}

Status Store::set_source(const std::string& source) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto written = db_->Put(synced, family(Family::kMeta), slice(kSourceKey), slice(source));
    if (!written.ok()) return std::unexpected(error_of(written));
    return {};
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& dir,
                                           const LocalLogOptions& options) {
    std::error_code error;
    if (options.secondary) {
        if (!std::filesystem::exists(dir / "CURRENT", error)) {
            return fail(Errc::kNotFound, dir.string() + " holds no log");
        }
    } else {
        std::filesystem::create_directories(dir, error);
        if (error) return fail(Errc::kStorage, dir.string() + ": " + error.message());
        const auto headless = lost_its_head(dir);
        if (!headless) return std::unexpected(headless.error());
        if (*headless) return fail(Errc::kDamaged, dir.string() + ": the file CURRENT is gone");
    }
    std::unique_ptr<Store> store(new Store());
    store->secondary_ = options.secondary;
    store->space_ = std::make_unique<SpaceGuard>(dir, options.reserve);
    if (options.flush_delay_us > 0) store->slow_disk_ = make_slow_disk(options.flush_delay_us);
    auto opened = store->open_database(dir, options);
    if (opened.IsCorruption() && !options.secondary) {
        auto& env = options.env == nullptr ? *rocksdb::Env::Default() : *options.env;
        const auto dropped = drop_unsynced_tails(env, dir);
        store->dropped_tail_ = dropped && *dropped;
        if (store->dropped_tail_) opened = store->open_database(dir, options);
    }
    if (!opened.ok()) return std::unexpected(with_folder(error_of(opened), dir));
    if (auto meta = store->read_meta(dir, options); !meta) return std::unexpected(meta.error());
    return store;
}

Store::~Store() {
    if (!db_) return;
    if (!secondary_ && !broken()) {
        // Best effort: what a failed flush leaves in the write-ahead log is recovered from there.
        static_cast<void>(db_->Flush({}, handles_));
    }
    for (auto* handle : handles_) static_cast<void>(db_->DestroyColumnFamilyHandle(handle));
    static_cast<void>(db_->Close());
}

}  // namespace events::local

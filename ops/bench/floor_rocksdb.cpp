#include "ops/bench/floor_rocksdb.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <utility>

#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "events/ids.hpp"
#include "events/local_disk.hpp"
#include "events/local_options.hpp"

namespace bench {
namespace {

std::unexpected<events::Error> failed(const rocksdb::Status& status) {
    return events::fail(events::Errc::kStorage, "bare RocksDB: " + status.ToString());
}

using Clock = std::chrono::steady_clock;

// Of a message's row and of a conversation's, as our views have them.
constexpr std::size_t kRowBytes = 330;
constexpr std::size_t kSharedRowBytes = 60;
constexpr std::size_t kSharedRows = 64;
constexpr std::size_t kRecordsPerSharedRow = 15;
// As projections::kCommitsPerBatchMax.
constexpr std::size_t kRecordsPerBatch = 512;

// More than what is scanned, so that nothing but the scan is measured.
constexpr std::size_t kScanCacheBytes = std::size_t{512} << 20U;
constexpr std::size_t kScanBlockBytes = std::size_t{16} << 10U;

}  // namespace

std::vector<std::string> random_values() {
    constexpr std::size_t kValues = 1024;
    constexpr std::size_t kValueBytes = 400;
    std::vector<std::string> values(kValues, std::string(kValueBytes, '\0'));
    for (auto& value : values) {
        events::fill_random({reinterpret_cast<std::uint8_t*>(value.data()), value.size()});
    }
    return values;
}

struct AppendFloor::Impl {
    std::unique_ptr<rocksdb::Env> slow_disk;
    std::unique_ptr<rocksdb::DB> db;
    rocksdb::WriteBatch writes;
    std::uint64_t next_key = 0;
    std::size_t next_value = 0;
};

AppendFloor::AppendFloor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AppendFloor::~AppendFloor() = default;

events::Result<std::unique_ptr<AppendFloor>> AppendFloor::open(const std::filesystem::path& dir,
                                                               std::uint32_t flush_delay_us) {
    auto impl = std::make_unique<Impl>();
    rocksdb::Options options;
    options.create_if_missing = true;
    if (flush_delay_us > 0) {
        impl->slow_disk = events::local::make_slow_disk(flush_delay_us);
        options.env = impl->slow_disk.get();
    }
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, dir.string(), &opened);
    impl->db.reset(opened);
    if (!status.ok()) return failed(status);
    return std::unique_ptr<AppendFloor>(new AppendFloor(std::move(impl)));
}

events::Result<std::size_t> AppendFloor::write(const std::vector<std::string>& values,
                                               std::size_t batch) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    impl_->writes.Clear();
    for (std::size_t i = 0; i < batch; ++i) {
        const auto key = events::number_bytes(impl_->next_key++);
        const auto& value = values[impl_->next_value++ % values.size()];
        impl_->writes.Put(rocksdb::Slice(key.data(), key.size()), value);
    }
    const auto status = impl_->db->Write(synced, &impl_->writes);
    if (!status.ok()) return failed(status);
    return batch;
}

events::Result<double> AppendFloor::run(const std::vector<std::string>& values,
                                        std::size_t batch,
                                        std::chrono::duration<double> duration) {
    std::size_t written = 0;
    const auto started = Clock::now();
    std::chrono::duration<double> passed{};
    do {
        const auto wrote = write(values, batch);
        if (!wrote) return std::unexpected(wrote.error());
        written += *wrote;
        passed = Clock::now() - started;
    } while (passed < duration);
    return static_cast<double>(written) / passed.count();
}

struct RowsFloor::Impl {
    std::unique_ptr<rocksdb::DB> db;
    std::vector<std::string> shared;  // keys of the rows that records share
    std::uint64_t next_record = 0;
    std::string row = std::string(kRowBytes, 'r');
    std::string shared_row = std::string(kSharedRowBytes, 's');
    double gets_due = 0;
    double puts_due = 0;

    events::Status record(rocksdb::WriteBatch& batch, const Work& each);
};

RowsFloor::RowsFloor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowsFloor::~RowsFloor() = default;

events::Result<std::unique_ptr<RowsFloor>> RowsFloor::open(const std::filesystem::path& dir) {
    auto impl = std::make_unique<Impl>();
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, dir.string(), &opened);
    impl->db.reset(opened);
    if (!status.ok()) return failed(status);
    impl->shared.resize(kSharedRows);
    return std::unique_ptr<RowsFloor>(new RowsFloor(std::move(impl)));
}

events::Status RowsFloor::Impl::record(rocksdb::WriteBatch& batch, const Work& each) {
    auto& key = shared[next_record % kSharedRows];
    const auto turn = next_record / kSharedRows;
    if (turn % kRecordsPerSharedRow == 0) {
        key = "rc" + std::string(events::random_id<events::Uuid>().view());
    }
    ++next_record;
    std::string value;
    for (gets_due += each.gets; gets_due >= 1; --gets_due) {
        const auto status = db->Get({}, key, &value);
        if (!status.ok() && !status.IsNotFound()) return failed(status);
    }
    bool own = true;
    for (puts_due += each.puts; puts_due >= 1; --puts_due) {
        if (std::exchange(own, false)) {
            std::string row_key = "rm" + key;
            events::append_number(row_key, turn);
            batch.Put(row_key, row);
        } else {
            batch.Put(key, shared_row);
        }
    }
    return {};
}

events::Status RowsFloor::apply(std::size_t records, const Work& each) {
    rocksdb::WriteBatch batch;
    for (std::size_t done = 0; done < records;) {
        batch.Clear();
        for (std::size_t i = 0; i < kRecordsPerBatch && done < records; ++i, ++done) {
            if (auto status = impl_->record(batch, each); !status) return status;
        }
        const auto status = impl_->db->Write({}, &batch);
        if (!status.ok()) return failed(status);
    }
    return {};
}

namespace {

using Families = std::vector<rocksdb::ColumnFamilyDescriptor>;

events::Result<Families> families_of(const std::filesystem::path& dir,
                                     const rocksdb::ColumnFamilyOptions& options) {
    std::vector<std::string> names;
    const auto listed = rocksdb::DB::ListColumnFamilies({}, dir.string(), &names);
    if (!listed.ok()) return failed(listed);
    Families families;
    families.reserve(names.size());
    for (const auto& name : names) families.emplace_back(name, options);
    return families;
}

// Closes what it opened.
struct Opened {
    std::unique_ptr<rocksdb::DB> db;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    Opened() = default;
    ~Opened() {
        for (auto* handle : handles) static_cast<void>(db->DestroyColumnFamilyHandle(handle));
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
};

}  // namespace

events::Status open_bare(const std::filesystem::path& dir) {
    const auto families = families_of(dir, {});
    if (!families) return std::unexpected(families.error());
    Opened opened;
    rocksdb::DB* db = nullptr;
    const auto status =
        rocksdb::DB::OpenForReadOnly({}, dir.string(), *families, &opened.handles, &db);
    opened.db.reset(db);
    if (!status.ok()) return failed(status);
    return {};
}

events::Status compact_folder(const std::filesystem::path& dir, bool log) {
    rocksdb::ColumnFamilyOptions plain;
    plain.compression = rocksdb::kNoCompression;
    auto families =
        log ? events::Result<Families>(events::local::families()) : families_of(dir, plain);
    if (!families) return std::unexpected(families.error());
    Opened opened;
    rocksdb::DB* db = nullptr;
    const auto options = log ? events::local::database_options() : rocksdb::DBOptions();
    auto status = rocksdb::DB::Open(options, dir.string(), *families, &opened.handles, &db);
    opened.db.reset(db);
    rocksdb::CompactRangeOptions whole;
    whole.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    for (std::size_t i = 0; i < opened.handles.size() && status.ok(); ++i) {
        status = db->Flush({}, opened.handles[i]);
        if (status.ok()) status = db->CompactRange(whole, opened.handles[i], nullptr, nullptr);
    }
    if (!status.ok()) return failed(status);
    return {};
}

struct ScanFloor::Impl {
    std::unique_ptr<rocksdb::DB> db;
    std::unique_ptr<rocksdb::Iterator> it;
    std::uint64_t next_key = 0;
};

ScanFloor::ScanFloor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ScanFloor::~ScanFloor() {
    impl_->it.reset();
}

events::Result<std::unique_ptr<ScanFloor>> ScanFloor::open(const std::filesystem::path& dir) {
    auto impl = std::make_unique<Impl>();
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(kScanCacheBytes);
    table.block_size = kScanBlockBytes;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, dir.string(), &opened);
    impl->db.reset(opened);
    if (!status.ok()) return failed(status);
    return std::unique_ptr<ScanFloor>(new ScanFloor(std::move(impl)));
}

events::Status ScanFloor::add(const std::vector<std::string>& values) {
    rocksdb::WriteBatch batch;
    for (const auto& value : values) {
        const auto key = events::number_bytes(impl_->next_key++);
        batch.Put(rocksdb::Slice(key.data(), key.size()), value);
    }
    const auto status = impl_->db->Write({}, &batch);
    if (!status.ok()) return failed(status);
    return {};
}

events::Status ScanFloor::settle() {
    const auto status = impl_->db->CompactRange({}, nullptr, nullptr);
    if (!status.ok()) return failed(status);
    return {};
}

events::Result<std::uint64_t> ScanFloor::run(std::size_t records) {
    if (!impl_->it) {
        impl_->it.reset(impl_->db->NewIterator({}));
        impl_->it->SeekToFirst();
    }
    auto& it = *impl_->it;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < records; ++i) {
        if (!it.Valid()) {
            if (!it.status().ok()) return failed(it.status());
            it.SeekToFirst();
        }
        bytes += it.key().size() + it.value().size();
        it.Next();
    }
    return bytes;
}

}  // namespace bench

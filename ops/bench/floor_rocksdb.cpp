#include "ops/bench/floor_rocksdb.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <utility>

#include "events/bytes.hpp"
#include "events/local_disk.hpp"

namespace bench {
namespace {

std::unexpected<events::Error> failed(const rocksdb::Status& status) {
    return events::fail(events::Errc::kStorage, "bare RocksDB: " + status.ToString());
}

using Clock = std::chrono::steady_clock;

// More than what is scanned, so that nothing but the scan is measured.
constexpr std::size_t kScanCacheBytes = std::size_t{512} << 20U;
constexpr std::size_t kScanBlockBytes = std::size_t{16} << 10U;

}  // namespace

struct AppendFloor::Impl {
    std::unique_ptr<rocksdb::Env> slow_disk;
    std::unique_ptr<rocksdb::DB> db;
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

events::Result<double> AppendFloor::run(const std::vector<std::string>& values,
                                        std::size_t batch,
                                        std::chrono::duration<double> duration) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    rocksdb::WriteBatch writes;
    std::uint64_t written = 0;
    const auto started = Clock::now();
    std::chrono::duration<double> passed{};
    do {
        writes.Clear();
        for (std::size_t i = 0; i < batch; ++i) {
            const auto key = events::number_bytes(impl_->next_key++);
            const auto& value = values[impl_->next_value++ % values.size()];
            writes.Put(rocksdb::Slice(key.data(), key.size()), value);
        }
        const auto status = impl_->db->Write(synced, &writes);
        if (!status.ok()) return failed(status);
        written += batch;
        passed = Clock::now() - started;
    } while (passed < duration);
    return static_cast<double>(written) / passed.count();
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

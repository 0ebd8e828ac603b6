#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/local_log.hpp"
#include "events/local_options.hpp"

// The opened RocksDB folder of a local log: its handles, its format and its health.
namespace events::local {

inline constexpr std::uint64_t kFormatVersion = 2;

class Store {
  public:
    // See LocalLog::open. kNotFound when a secondary finds no log.
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path& dir,
                                               const LocalLogOptions& options);
    // Flushes what only the write-ahead log holds, so that the next start has nothing to recover.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    [[nodiscard]] rocksdb::DB& db() const { return *db_; }
    [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family family) const {
        return handles_[static_cast<std::size_t>(family)];
    }
    [[nodiscard]] std::uint16_t partitions() const { return partitions_; }
    // The log that this is a copy of; empty for a log of its own.
    [[nodiscard]] Result<std::string> source() const;
    Status set_source(const std::string& source);
    [[nodiscard]] SpaceGuard& space() const { return *space_; }
    [[nodiscard]] bool secondary() const { return secondary_; }
    // Whether opening had to cut off a write that was never synced (local_wal.hpp).
    [[nodiscard]] bool dropped_tail() const { return dropped_tail_; }
    // Set by the first background error, never cleared: nothing may be written any more.
    [[nodiscard]] bool broken() const { return health_->broken; }
    // What it was; empty while there was none.
    [[nodiscard]] std::string background_error() const;

  private:
    Store() = default;
    rocksdb::Status open_database(const std::filesystem::path& dir, const LocalLogOptions& options);
    Status read_meta(const std::filesystem::path& dir, const LocalLogOptions& options);

    std::unique_ptr<rocksdb::Env> slow_disk_;  // outlives the database
    struct Health {
        std::atomic<bool> broken{false};
        std::mutex mutex;
        std::string why;  // under mutex
    };
    class HealthListener;
    std::shared_ptr<Health> health_ = std::make_shared<Health>();
    std::unique_ptr<SpaceGuard> space_;
    std::unique_ptr<rocksdb::DB> db_;
    std::vector<rocksdb::ColumnFamilyHandle*> handles_;
    std::uint16_t partitions_ = 0;
    bool secondary_ = false;
    bool dropped_tail_ = false;
};

inline rocksdb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}
template <std::size_t N>
rocksdb::Slice slice(const std::array<char, N>& bytes) {
    return {bytes.data(), N};
}
inline std::string_view view(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}

}  // namespace events::local

#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "projections/store_cache.hpp"

// The store's RocksDB folder and the column families in it; seen by store*.cpp only.
// One column family per view and version, rows and positions both in it. Dropping an old version is
// then one call that frees its files whole and takes the positions along; a scan never meets
// another view's rows; and since a family reaches the disk as a whole, no crash can part rows from
// position.
namespace projections {

class Database {
  public:
    using Family = rocksdb::ColumnFamilyHandle;

    explicit Database(std::filesystem::path dir, rocksdb::Env* env = nullptr);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Before anything else, and once. kInUse, kDamaged, kStorage.
    events::Status open();
    // Read-only beside the owner; kNotFound when there is no folder to read.
    events::Status open_secondary(const std::filesystem::path& scratch);

    // The family that serves as `name`: its own, or the one that has replaced it. Null while the
    // view has never been written. Any thread; handles live as long as this.
    Family* find(const std::string& name);
    // The same for whoever writes the view, with the rows of it that are kept in memory.
    struct Place {
        Family* family = nullptr;
        RowCache* cache = nullptr;  // null when the family is; lives as long as this
    };
    Place find_place(const std::string& name);
    events::Result<Place> find_or_create(const std::string& name);
    // Those that serve, by NAME@VERSION.
    std::map<std::string, Family*, std::less<>> families();

    // The own names of all but the one that RocksDB always has.
    std::vector<std::string> names();

    // The name of the family that serves as `name`: `name` itself until it was replaced.
    std::string serving(const std::string& name);
    // From here on `by` serves as `name`; the family that did goes, with its files. Synced, so a
    // crash leaves either the one or the other.
    events::Status replace(const std::string& name, const std::string& by);
    // Drops a family that does not serve, if there is one.
    events::Status drop(const std::string& name);

    // Nothing also for a null family.
    events::Result<std::optional<std::string>> get(Family* family, std::string_view key);

    // What reached the database: a bench asks its floor for as much. Any thread.
    struct Counters {
        std::atomic<std::uint64_t> gets{0};
        std::atomic<std::uint64_t> puts{0};
    };
    [[nodiscard]] Counters& counters() { return counters_; }

    [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }
    [[nodiscard]] rocksdb::DB& db() { return *db_; }
    [[nodiscard]] std::unexpected<events::Error> failed(const rocksdb::Status& status) const;

  private:
    using Opener = std::function<rocksdb::Status(
        const std::vector<rocksdb::ColumnFamilyDescriptor>&, std::vector<Family*>*, rocksdb::DB**)>;
    events::Status open_families(const Opener& opener);
    events::Status read_replacements();

    std::filesystem::path dir_;
    Counters counters_;
    rocksdb::Env* env_;  // null: the machine's
    std::shared_ptr<rocksdb::Cache> cache_;
    std::unique_ptr<rocksdb::DB> db_;
    std::shared_mutex mutex_;                                   // guards what follows
    std::map<std::string, Family*, std::less<>> families_;      // by their own names
    std::map<std::string, std::string, std::less<>> replaced_;  // name -> the family that serves
    std::map<Family*, RowCache> caches_;
    std::vector<Family*> dropped_;  // may still be read by whoever found them before
};

inline rocksdb::Slice slice_of(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}
inline std::string_view view_of(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}

}  // namespace projections

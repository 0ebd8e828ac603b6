#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "events/key_ring_log.hpp"

// The key ring's RocksDB folder: rows in, rows out, every write synced. It knows nothing of keys or
// sealing. Row layout: schemas/log_format.md.
namespace events {

// The first byte of a row's key.
inline constexpr char kRowIdentity = 'I';  // folder id, check of the master key
inline constexpr char kRowTenant = 'T';    // tenant -> wrapped tenant key
inline constexpr char kRowDataKey = 'D';   // key id -> frame of KeyCreated or KeyDestroyed
inline constexpr char kRowBatch = 'B';     // tenant, batch id -> the key ids made together
inline constexpr char kRowSecret = 'S';    // tenant, id, purpose -> sealed secret, or destroyed
// Of a copy only; the first stands in the topic, too.
inline constexpr char kRowCluster = 'K';    // partition -> check of the cluster's master key
inline constexpr char kRowMark = 'M';       // partition -> offset and key of the last record taken
inline constexpr char kRowClaim = 'C';      // partition -> the claim in force
inline constexpr char kRowRecordKey = 'R';  // another row's key -> the record it came with

std::string row_key(char kind, std::initializer_list<std::string_view> parts);

class RingStore {
  public:
    struct Options {
        bool may_create = false;
        bool secondary = false;
        std::filesystem::path secondary_dir;
        rocksdb::Env* env = nullptr;  // null: the machine's
    };
    // kNotFound when `dir` holds no ring and none may be made; kInUse, kDamaged, kStorage.
    static Result<std::unique_ptr<RingStore>> open(const std::filesystem::path& dir,
                                                   const Options& options);

    // Whether there is such a row; if so, its value in `value`.
    Result<bool> get(const std::string& key, std::string& value) const;
    // Returns after the sync.
    Status write(rocksdb::WriteBatch& batch);
    // Rows of a tenant's: where there is a log of rows, they are written there, and the rows of
    // batches are left to who reads it. Else as write().
    Status share(const TenantId& tenant, rocksdb::WriteBatch& batch);
    // From now on the folder is a copy of what `log` holds; borrowed.
    void follow(RingLog& log) { log_ = &log; }
    [[nodiscard]] bool is_copy() const { return log_ != nullptr; }
    // What a copy is given: returns before any sync.
    Status take(rocksdb::WriteBatch& batch);
    // Calls `visit` for each row whose key begins with `kind`, ascending; stops at its first error.
    using Visit = std::function<Status(std::string_view key, std::string_view value)>;
    Status scan(char kind, const Visit& visit) const;
    // Returns when no file of the folder holds an overwritten value of this row any more.
    Status expunge(const std::string& key);
    // Secondary only: takes in rows that the program that owns the folder has added since. A row it
    // has overwritten may still show its old value; reopen() shows all.
    Status catch_up();
    Status reopen();

    // Whether opening had to cut off a write that was never synced (local_wal.hpp).
    [[nodiscard]] bool dropped_tail() const { return dropped_tail_; }
    // False once a write has failed. Any thread.
    [[nodiscard]] bool is_writable() const { return !failed_.load(std::memory_order_relaxed); }
    [[nodiscard]] const std::filesystem::path& folder() const { return dir_; }
    [[nodiscard]] bool is_empty() const;
    [[nodiscard]] std::uint64_t size_bytes() const;
    // An error that names the folder.
    [[nodiscard]] std::unexpected<Error> error(Errc code, std::string_view what) const;

  private:
    RingStore(std::filesystem::path dir, const Options& options, std::shared_ptr<rocksdb::DB> db);
    [[nodiscard]] std::shared_ptr<rocksdb::DB> db() const;
    void wait_for_background_work() const;

    std::filesystem::path dir_;
    std::filesystem::path secondary_dir_;
    rocksdb::Env* env_;
    bool dropped_tail_ = false;
    RingLog* log_ = nullptr;
    std::atomic<bool> failed_{false};
    mutable std::mutex mutex_;  // of db_ itself: reopen() replaces it
    std::shared_ptr<rocksdb::DB> db_;
};

}  // namespace events

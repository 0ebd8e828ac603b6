#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "events/files.hpp"
#include "events/free_space.hpp"
#include "events/log.hpp"

namespace rocksdb {
class Env;
}

// The embedded engine: one RocksDB folder, one committer thread that gathers what all partitions
// have pending into one synced WriteBatch (group commit). Layout: schemas/log_format.md.
namespace events {

struct LocalLogOptions {
    std::uint16_t partitions = 64;        // fixed when the folder is made; ignored on a later open
    std::uint32_t flush_delay_us = 0;     // benchmarks only: a slower disk is simulated
    bool secondary = false;               // read beside a running program, see refresh()
    std::filesystem::path secondary_dir;  // with secondary: an empty scratch folder of the caller's
    DiskReserve reserve;                  // of the device of the folder; see append()
    rocksdb::Env* env = nullptr;          // tests only: a file system that fails; outlives the log
};

struct StoreSize {
    std::string name;     // a column family
    std::uint64_t keys;   // estimated
    std::uint64_t bytes;  // on disk, without the write-ahead log
};

class LocalLog final : public Log, public History {
  public:
    // Opens, or makes, the log in `dir`. Blocks for recovery. kInUse when another process has it,
    // kDamaged when more than the last write, never synced, is unreadable, kStorage otherwise.
    static Result<std::unique_ptr<LocalLog>> open(const std::filesystem::path& dir,
                                                  const LocalLogOptions& options);
    // Ends the committer; what was queued is written first.
    ~LocalLog() override;
    LocalLog(const LocalLog&) = delete;
    LocalLog& operator=(const LocalLog&) = delete;

    // kStorageFull while the disk has less than its reserve free: nothing of it was written, and
    // the partition takes nothing more before an append that begins with a claim. What its writer
    // had sent behind the refused records can so never land (F6).
    void append(Partition partition, std::vector<Outgoing> records, AppendDone done) override;
    // The newest records come from memory: the very bytes that the sync made durable.
    Result<std::vector<Entry>> read(Partition partition, Offset from, ReadLimit limit) override;
    Result<Offset> end(Partition partition) override;

    // Whether open() had to drop the last write of the file, which a power cut had left in pieces
    // and which was never acknowledged. To be told to the operator.
    [[nodiscard]] bool dropped_unsynced_write() const;
    [[nodiscard]] std::uint16_t partitions() const override;
    Result<Seq> head(const TenantId& tenant) override;
    Result<Offset> offset_of(const TenantId& tenant, Seq seq) override;
    Result<std::vector<Entry>> read_stream(const TenantId& tenant,
                                           const StreamId& stream,
                                           Version from,
                                           ReadLimit limit) override;
    Result<std::vector<ClaimAt>> claims(Partition partition) override;
    Result<bool> is_bound(const KeyId& key) override;
    Result<std::vector<TenantId>> tenants() override;

    // The files beside the records; lives as long as the log.
    Files& files();

    // A long scan without copies: calls `visit` for each record of the partition in [from, end)
    // until it returns false. The views live only inside the call. Readahead is on.
    using Visit = std::function<bool(Offset, const RecordKey&, std::string_view frame)>;
    Status scan(Partition partition, Offset from, const Visit& visit);

    // Secondary only: takes in what the program that owns the folder has written since.
    Status refresh();
    Result<std::uint64_t> stream_count(const TenantId& tenant);
    [[nodiscard]] std::vector<StoreSize> sizes() const;

  private:
    struct Impl;
    explicit LocalLog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace events

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/free_space.hpp"
#include "events/log.hpp"

// A copy of a log that lies elsewhere, in exactly the embedded engine's layout, so that everything
// above reads one layout in both modes. What is lost of it is read again from where it came; so its
// writes are not synced. It may lack records between others, and never changes one.
namespace events {

class Files;

namespace local {

class FileCopy;

class Replica final : public History {
  public:
    struct Options {
        std::uint16_t partitions = 64;
        std::string source;   // names the log that this is a copy of
        DiskReserve reserve;  // of the device of the folder
    };
    // Opens, or makes, the copy in `dir`. kInvalidArgument: the folder holds something else, and
    // says what to do; else as LocalLog::open.
    static Result<std::unique_ptr<Replica>> open(const std::filesystem::path& dir,
                                                 const Options& options);
    ~Replica() override;
    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;

    // One thread: adds a record behind those of its partition, readable after the next write().
    void add(Partition partition, Entry entry, const decltype(Outgoing::index)& index);
    // kStorage: nothing may be added any more.
    Status write();

    // As Log's. Any thread.
    Result<std::vector<Entry>> read(Partition partition, Offset from, ReadLimit limit);
    Result<Offset> end(Partition partition);
    // The newest record of a partition.
    Result<std::optional<Entry>> last(Partition partition);
    // Whether there is room for so many bytes: see SpaceGuard.
    Status admit(std::uint64_t bytes);
    // Reads the files that file_copy() is given.
    Files& files();
    FileCopy& file_copy();

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

  private:
    struct Impl;
    explicit Replica(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace local
}  // namespace events

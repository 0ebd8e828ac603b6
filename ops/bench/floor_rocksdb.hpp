#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "events/error.hpp"

// What bare RocksDB does on this machine: the floors of the benchmarks. Nothing of ours is in here.
namespace bench {

// One thread that writes values under ascending keys, one synced WriteBatch after another, no
// index, with the library's own settings.
class AppendFloor {
  public:
    static events::Result<std::unique_ptr<AppendFloor>> open(const std::filesystem::path& dir,
                                                             std::uint32_t flush_delay_us);
    ~AppendFloor();
    AppendFloor(const AppendFloor&) = delete;
    AppendFloor& operator=(const AppendFloor&) = delete;

    // Records a second over `duration`, in batches of `batch` values out of `values`.
    events::Result<double> run(const std::vector<std::string>& values,
                               std::size_t batch,
                               std::chrono::duration<double> duration);

  private:
    struct Impl;
    explicit AppendFloor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// A bare iterator over values under ascending keys, a row for each, all blocks in its cache and
// none compressed.
class ScanFloor {
  public:
    static events::Result<std::unique_ptr<ScanFloor>> open(const std::filesystem::path& dir);
    ~ScanFloor();
    ScanFloor(const ScanFloor&) = delete;
    ScanFloor& operator=(const ScanFloor&) = delete;

    // Before run(): adds values behind those before; settle() writes them to their files.
    events::Status add(const std::vector<std::string>& values);
    events::Status settle();
    // Looks at the next `records` keys and values in order, from the start again behind the last.
    // Gives the sum of their sizes.
    events::Result<std::uint64_t> run(std::size_t records);

  private:
    struct Impl;
    explicit ScanFloor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace bench

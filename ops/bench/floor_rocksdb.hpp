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

// Random values of 400 bytes, for AppendFloor.
std::vector<std::string> random_values();

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
    // One such batch; gives its records.
    events::Result<std::size_t> write(const std::vector<std::string>& values, std::size_t batch);

  private:
    struct Impl;
    explicit AppendFloor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// What views cost at least: look-ups and changes of rows, in batches, as a projection makes them.
// Of each record a row of its own is put, and a row that many records share is looked up and put
// again. With the library's own settings, not synced.
class RowsFloor {
  public:
    static events::Result<std::unique_ptr<RowsFloor>> open(const std::filesystem::path& dir);
    ~RowsFloor();
    RowsFloor(const RowsFloor&) = delete;
    RowsFloor& operator=(const RowsFloor&) = delete;

    // Of one record, on average.
    struct Work {
        double gets = 0;
        double puts = 0;
    };
    // Applies so many records; conversations of 15 records, 64 of them in turns.
    events::Status apply(std::size_t records, const Work& each);

  private:
    struct Impl;
    explicit RowsFloor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Opens a folder with the library's own settings, all its column families, and closes it again:
// what a start costs at least. Leaves the folder as it was.
events::Status open_bare(const std::filesystem::path& dir);

// Compacts every column family of a closed folder to its last level. `log`: with the settings of
// the log, else as a key ring is stored.
events::Status compact_folder(const std::filesystem::path& dir, bool log);

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

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/power_cut_fs.hpp"
#include "tests/support/temp_dir.hpp"

// What PowerCutFs knows of the disk: which bytes and names are synced, what a cut leaves of the
// rest, and which call fails next. The files themselves lie where the program puts them. Knows no
// RocksDB; everything is called under `mutex`.
namespace test_support {

// What a call does, for the faults that can hit it.
enum class Call : std::uint8_t { kRead, kName, kWrite, kSync };

enum class Trouble : std::uint8_t { kPowerIsOff, kFault };

// One file, whatever its name; it lies at `path` until no cut can bring it back.
struct Inode {
    Inode(std::filesystem::path at, std::uint64_t bytes)
        : path(std::move(at)), size(bytes), synced(bytes) {}
    ~Inode();
    Inode(const Inode&) = delete;
    Inode& operator=(const Inode&) = delete;
    void cut_to(std::uint64_t length);

    std::filesystem::path path;
    bool stashed = false;      // its name is gone
    bool sync_failed = false;  // the kernel forgot what it could not write: no later sync helps
    std::uint64_t size;
    std::uint64_t synced;
};
using InodePtr = std::shared_ptr<Inode>;

class Disk {
  public:
    explicit Disk(std::uint64_t seed) : random_(seed) {}

    // The names that one call gives and takes (null) in a folder.
    using Change = std::vector<std::pair<std::string, InodePtr>>;

    std::mutex mutex;
    bool off = false;
    bool lying = false;
    std::optional<std::uint64_t> cut_change;
    std::uint64_t changes = 0;

    std::optional<Kind> fault;
    std::uint64_t fault_call = 0;
    bool fault_for_ever = false;
    std::uint64_t fault_calls = 0;
    bool fault_met = false;

    // Whether a call that changes nothing fails, and why.
    std::optional<Trouble> look(Call call);
    // Before `length` bytes are written: how many of them are, in `length`.
    std::optional<Trouble> write(std::uint64_t& length);
    std::optional<Trouble> sync(Inode& inode);
    std::optional<Trouble> sync_names(const std::filesystem::path& folder);
    // Before names are changed.
    std::optional<Trouble> name();

    // Null when there is none.
    InodePtr find(const std::filesystem::path& file);
    void change(const std::filesystem::path& file, Change what);
    // Takes the file away from its name, but keeps its bytes: a cut may bring the name back.
    void stash(const InodePtr& inode);

    void restore();

  private:
    using Names = std::map<std::string, InodePtr>;
    struct Folder {
        Names now;
        Names durable;
        std::vector<Change> unsynced;  // from durable to now, in order
    };

    // A number from 0 to `most`.
    std::uint64_t draw(std::uint64_t most);
    // Counts a change; true when the power goes in its middle.
    bool is_cut_now();
    static void apply(const Change& change, Names& names);
    static void read_folder(const std::filesystem::path& path, Folder& folder);
    Folder& folder_at(const std::filesystem::path& path);
    std::uint64_t length_after_cut(const Inode& inode);
    void lose_pages(const std::filesystem::path& file, std::uint64_t from, std::uint64_t to);
    void restore_folder(const std::filesystem::path& path, Folder& folder);

    std::mt19937_64 random_;
    TempDir stash_;  // before the folders: their inodes lie in it
    std::uint64_t stashed_ = 0;
    std::map<std::string, Folder> folders_;
};

// RocksDB's own diary and its lock are no part of the data.
bool is_tracked(const std::filesystem::path& file);

}  // namespace test_support

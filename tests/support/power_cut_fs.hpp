#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

// A disk that loses its power, or fails: the file system below any number of RocksDB folders. It
// keeps for every file how much of it was synced, and for every folder which names were, and can
// leave after a cut only what a disk may: the synced bytes, some of those behind them, and the
// synced names with the changes that the file system's journal may have got to.
namespace test_support {

enum class Kind : std::uint8_t {
    kIoError,     // any call: EIO
    kNoSpace,     // creating, writing, syncing: ENOSPC
    kShortWrite,  // writing: half of the bytes, then EIO
    kFailedSync,  // syncing: EIO, and what was not synced before is lost in a later cut
};
std::string name_of(Kind kind);

class Disk;

class PowerCutFs {
  public:
    explicit PowerCutFs(std::uint64_t seed);
    ~PowerCutFs();
    PowerCutFs(const PowerCutFs&) = delete;
    PowerCutFs& operator=(const PowerCutFs&) = delete;

    // For the stores, which must be closed before this ends.
    [[nodiscard]] rocksdb::Env* env() const;

    // The power goes in the middle of that change from now on (0: the next one): a write, a sync, a
    // new, renamed or deleted file. Every call fails from there on.
    void cut_at(std::uint64_t change);
    void cut();
    [[nodiscard]] bool is_off() const;
    // Leaves the folders as the disk has them after the cut, and puts the power on. Everything must
    // have been closed. Without a cut before: as if there had been one now.
    void restore();
    // Changes so far.
    [[nodiscard]] std::uint64_t changes() const;

    // The call with this number (from 0) among those that the fault can hit fails; with `for_ever`
    // all such calls behind it, too.
    void fail_at(Kind kind, std::uint64_t call, bool for_ever = false);
    // Whether it came to the failure. Ends the fault.
    bool heal();

    // Every sync answers that it is done and does nothing: a test that does not notice is no test.
    void lie_about_syncs();

  private:
    std::shared_ptr<Disk> disk_;
    std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace test_support

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>

#include "events/error.hpp"

// Keeps a reserve of the disk free: what is new is refused while there is still room for what was
// promised (flushes, compactions, views, erasure), so that a full disk stops writers for a while
// and never the program.
namespace events {

// Room for one compaction of the log and of the views at the same time, beside their write-ahead
// logs.
inline constexpr std::uint64_t kDiskReserveBytes = std::uint64_t{512} * 1024 * 1024;
// The device is asked this often at most, and whenever what was admitted since might have used up
// the room found then.
inline constexpr std::chrono::milliseconds kFreeSpaceLookEvery{100};

// Free bytes of the device that holds a folder; nothing when they cannot be known. Any thread.
using FreeBytes = std::function<std::optional<std::uint64_t>(const std::filesystem::path&)>;

// What a program without privileges may still write there, as statvfs tells.
std::optional<std::uint64_t> free_bytes_of(const std::filesystem::path& folder);

struct DiskReserve {
    std::uint64_t bytes = kDiskReserveBytes;  // 0: no reserve
    FreeBytes free_bytes = free_bytes_of;
    std::chrono::milliseconds look_every = kFreeSpaceLookEvery;
};

class SpaceGuard {
  public:
    SpaceGuard(std::filesystem::path folder, DiskReserve reserve);

    // To be asked before `bytes` are written. kStorageFull when that would reach into the reserve:
    // nothing of it may be written then. An unknown amount of free space admits. Any thread.
    Status admit(std::uint64_t bytes);

  private:
    using Clock = std::chrono::steady_clock;

    const std::filesystem::path folder_;
    const DiskReserve reserve_;
    std::mutex mutex_;
    std::optional<Clock::time_point> looked_;
    std::uint64_t room_ = 0;  // above the reserve, less what was admitted since the look
};

}  // namespace events

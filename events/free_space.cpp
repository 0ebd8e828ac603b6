#include "events/free_space.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <limits>
#include <utility>

namespace events {
namespace {

// Every byte is written to a write-ahead log, then to a table, and its view does the same.
constexpr std::uint64_t kWrittenPerByte = 4;
constexpr std::uint64_t kUnknownRoom = std::numeric_limits<std::uint64_t>::max();

}  // namespace

std::optional<std::uint64_t> free_bytes_of(const std::filesystem::path& folder) {
    struct statvfs about{};
    if (statvfs(folder.c_str(), &about) != 0) return std::nullopt;
    return std::uint64_t{about.f_bavail} * about.f_frsize;
}

SpaceGuard::SpaceGuard(std::filesystem::path folder, DiskReserve reserve)
    : folder_(std::move(folder)), reserve_(std::move(reserve)) {}

Status SpaceGuard::admit(std::uint64_t bytes) {
    if (reserve_.bytes == 0) return {};
    const std::uint64_t wanted = bytes * kWrittenPerByte;
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (!looked_ || now - *looked_ >= reserve_.look_every || wanted > room_) {
        const auto free = reserve_.free_bytes(folder_);
        looked_ = now;
        room_ = !free ? kUnknownRoom : *free > reserve_.bytes ? *free - reserve_.bytes : 0;
    }
    if (wanted > room_) {
        return fail(Errc::kStorageFull,
                    fmt::format("the disk of {} has less than its reserve of {} MiB free; nothing "
                                "is written before there is room again",
                                folder_.string(),
                                reserve_.bytes >> 20U));
    }
    room_ -= wanted;
    return {};
}

}  // namespace events

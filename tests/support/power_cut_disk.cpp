#include "tests/support/power_cut_disk.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace test_support {
namespace {

namespace fs = std::filesystem;

bool can_hit(Kind kind, Call call) {
    switch (kind) {
        case Kind::kIoError:
            return true;
        case Kind::kNoSpace:
            return call != Call::kRead;
        case Kind::kShortWrite:
            return call == Call::kWrite;
        case Kind::kFailedSync:
            return call == Call::kSync;
    }
    return false;
}

}  // namespace

Inode::~Inode() {
    std::error_code ignored;
    if (stashed) fs::remove(path, ignored);
}

void Inode::cut_to(std::uint64_t length) {
    size = std::min(size, length);
    synced = std::min(synced, length);
}

bool is_tracked(const fs::path& file) {
    const auto name = file.filename().string();
    return !name.starts_with("LOG") && name != "LOCK";
}

std::uint64_t Disk::draw(std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(random_);
}

std::optional<Trouble> Disk::look(Call call) {
    if (off) return Trouble::kPowerIsOff;
    if (!fault || !can_hit(*fault, call)) return std::nullopt;
    const auto number = fault_calls++;
    const bool hit = number == fault_call || (number > fault_call && fault_for_ever);
    if (!hit) return std::nullopt;
    fault_met = true;
    return Trouble::kFault;
}

bool Disk::is_cut_now() {
    const auto number = changes++;
    if (!cut_change || number < *cut_change) return false;
    off = true;
    cut_change.reset();
    return true;
}

std::optional<Trouble> Disk::write(std::uint64_t& length) {
    const auto failed = look(Call::kWrite);
    if (failed) {
        const bool some = *failed == Trouble::kFault && fault == Kind::kShortWrite;
        length = some ? length / 2 : 0;
        return failed;
    }
    if (!is_cut_now()) return std::nullopt;
    length = draw(length);
    return Trouble::kPowerIsOff;
}

std::optional<Trouble> Disk::sync(Inode& inode) {
    if (const auto failed = look(Call::kSync)) {
        inode.sync_failed = true;
        return failed;
    }
    const bool cut = is_cut_now();
    const bool done = !lying && !inode.sync_failed && (!cut || draw(1) == 0);
    if (done) inode.synced = inode.size;
    return cut ? std::optional(Trouble::kPowerIsOff) : std::nullopt;
}

std::optional<Trouble> Disk::sync_names(const fs::path& path) {
    if (const auto failed = look(Call::kSync)) return failed;
    const bool cut = is_cut_now();
    if (!lying && (!cut || draw(1) == 0)) {
        auto& folder = folder_at(path);
        folder.durable = folder.now;
        folder.unsynced.clear();
    }
    return cut ? std::optional(Trouble::kPowerIsOff) : std::nullopt;
}

std::optional<Trouble> Disk::name() {
    if (const auto failed = look(Call::kName)) return failed;
    return is_cut_now() ? std::optional(Trouble::kPowerIsOff) : std::nullopt;
}

void Disk::apply(const Change& change, Names& names) {
    for (const auto& [name, inode] : change) {
        if (inode) {
            names[name] = inode;
        } else {
            names.erase(name);
        }
    }
}

void Disk::read_folder(const fs::path& path, Folder& folder) {
    if (!fs::exists(path)) return;
    for (const auto& file : fs::directory_iterator(path)) {
        if (!file.is_regular_file() || !is_tracked(file.path())) continue;
        folder.now[file.path().filename().string()] =
            std::make_shared<Inode>(file.path(), file.file_size());
    }
    folder.durable = folder.now;
}

Disk::Folder& Disk::folder_at(const fs::path& path) {
    const auto [found, fresh] = folders_.try_emplace(path.string());
    if (fresh) read_folder(path, found->second);
    return found->second;
}

InodePtr Disk::find(const fs::path& file) {
    const auto& names = folder_at(file.parent_path()).now;
    const auto found = names.find(file.filename().string());
    return found == names.end() ? nullptr : found->second;
}

void Disk::change(const fs::path& file, Change what) {
    auto& folder = folder_at(file.parent_path());
    apply(what, folder.now);
    folder.unsynced.push_back(std::move(what));
}

void Disk::stash(const InodePtr& inode) {
    const auto to = stash_.path() / std::to_string(stashed_++);
    std::error_code other_device;
    fs::rename(inode->path, to, other_device);
    if (other_device) {
        fs::copy_file(inode->path, to);
        fs::remove(inode->path);
    }
    inode->path = to;
    inode->stashed = true;
}

void Disk::restore() {
    for (auto& [path, folder] : folders_) restore_folder(path, folder);
    off = false;
    cut_change.reset();
}

// What was synced, and some of what was written behind it.
std::uint64_t Disk::length_after_cut(const Inode& inode) {
    switch (draw(2)) {
        case 0:
            return inode.synced;
        case 1:
            return inode.size;
        default:
            return inode.synced + draw(inode.size - inode.synced);
    }
}

// Pages that were written but not synced, and got their length only: they read as zeros.
void Disk::lose_pages(const fs::path& file, std::uint64_t from, std::uint64_t to) {
    constexpr std::uint64_t kPageBytes = 4096;
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    while (from < to) {
        const auto end = std::min(to, from - from % kPageBytes + kPageBytes);
        if (draw(1) == 0) {
            bytes.seekp(static_cast<std::streamoff>(from));
            bytes << std::string(end - from, '\0');
        }
        from = end;
    }
}

// The synced names, and as many of the later changes as the journal got to: often none.
void Disk::restore_folder(const fs::path& path, Folder& folder) {
    const auto reached = draw(1) == 0 ? 0 : draw(folder.unsynced.size());
    Names left = folder.durable;
    for (std::size_t i = 0; i < reached; ++i) apply(folder.unsynced[i], left);
    for (const auto& [name, inode] : folder.now) {
        if (!inode->stashed) stash(inode);
    }
    Folder after;
    for (const auto& [name, inode] : left) {
        const auto length = length_after_cut(*inode);
        fs::copy_file(inode->path, path / name, fs::copy_options::overwrite_existing);
        fs::resize_file(path / name, length);
        if (draw(1) == 0) lose_pages(path / name, std::min(inode->synced, length), length);
        after.now[name] = std::make_shared<Inode>(path / name, length);
    }
    after.durable = after.now;
    folder = std::move(after);
}

}  // namespace test_support

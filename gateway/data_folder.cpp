#include "gateway/data_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "events/crypto.hpp"
#include "events/key_ring.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;

using events::Errc;
using events::Result;
using events::Status;

constexpr std::string_view kTitle = "parlour data folder";
constexpr int kFormat = 1;

fs::path folder_file(const fs::path& data) {
    return data / "folder.txt";
}

fs::path recovery_file(const fs::path& data) {
    return data / "recovery.due";
}

fs::path temporary_of(fs::path file) {
    return file += ".new";
}

// Empty, or with no more than what a kill in the middle of making it leaves.
bool is_as_good_as_empty(const fs::path& data, std::error_code& error) {
    const auto due = recovery_file(data);
    const std::array half_made{
        temporary_of(folder_file(data)).filename(), due.filename(), temporary_of(due).filename()};
    for (fs::directory_iterator at(data, error), end; !error && at != end; at.increment(error)) {
        if (std::ranges::find(half_made, at->path().filename()) == half_made.end()) return false;
    }
    return !error;
}

// DATA.keys for both DATA and DATA/.
fs::path beside(const fs::path& data, std::string_view suffix) {
    fs::path path = fs::absolute(data).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    path += suffix;
    return path;
}

bool lies_inside(const fs::path& path, const fs::path& folder) {
    std::error_code ignored;
    const auto inner = fs::weakly_canonical(path, ignored);
    const auto outer = fs::weakly_canonical(folder, ignored);
    const auto ends = std::ranges::mismatch(outer, inner);
    return ends.in1 == outer.end();
}

Result<events::Uuid> read_folder_file(const fs::path& data) {
    std::ifstream in(folder_file(data));
    std::string title;
    std::string key;
    int format = 0;
    std::string id_key;
    std::string id_text;
    std::getline(in, title);
    in >> key >> format >> id_key >> id_text;
    if (title != kTitle || key != "format" || id_key != "id") {
        return events::fail(
            Errc::kDamaged,
            fmt::format("{} is not what this program writes", folder_file(data).string()));
    }
    if (format != kFormat) {
        return events::fail(
            Errc::kUnknownSchema,
            fmt::format(
                "{} has format {}; this program reads format {}", data.string(), format, kFormat));
    }
    const auto bytes = events::from_hex(id_text);
    const auto id = bytes ? events::Uuid::from_bytes(*bytes) : std::nullopt;
    if (!id) {
        return events::fail(Errc::kDamaged,
                            fmt::format("{} holds no valid id", folder_file(data).string()));
    }
    return *id;
}

// That the recovery text is due is durable before there is a key: a kill between the two, or any
// time before the text was shown, leaves it to the next start.
Result<events::Key256> make_master_key_for(const DataPaths& paths) {
    const Status due = write_private_file(recovery_file(paths.data), "not shown yet\n");
    if (!due) return std::unexpected(due.error());
    return events::make_master_key(paths.master_key);
}

Result<events::Key256> master_key_for(const DataPaths& paths, bool may_make) {
    std::error_code ignored;
    if (fs::exists(paths.master_key, ignored)) return events::read_master_key(paths.master_key);
    if (!may_make) {
        return events::fail(
            Errc::kWrongMasterKey,
            fmt::format("the master key file {} is missing; without it the data cannot be read "
                        "(put it back, or name it with --master-key)",
                        paths.master_key.string()));
    }
    return make_master_key_for(paths);
}

}  // namespace

Result<DataPaths> resolve_paths(DataPaths given) {
    if (given.data.empty()) return events::fail(Errc::kInvalidArgument, "--data names no folder");
    if (given.keys.empty()) given.keys = beside(given.data, ".keys");
    if (given.master_key.empty()) given.master_key = beside(given.data, ".master");
    for (const auto& [path, option] :
         {std::pair{given.keys, "--keys"}, std::pair{given.master_key, "--master-key"}}) {
        if (lies_inside(path, given.data)) {
            return events::fail(Errc::kInvalidArgument,
                                fmt::format("{} {} lies inside the data folder: a copy of the data "
                                            "would carry its keys",
                                            option,
                                            path.string()));
        }
    }
    return given;
}

Result<DataFolder> open_or_make_data_folder(const DataPaths& paths) {
    std::error_code error;
    fs::create_directories(paths.data, error);
    if (error) {
        return events::fail(
            Errc::kStorage,
            fmt::format("cannot make the folder {}: {}", paths.data.string(), error.message()));
    }
    if (fs::exists(folder_file(paths.data), error)) return open_data_folder(paths, true);
    if (!is_as_good_as_empty(paths.data, error)) {
        return events::fail(
            Errc::kNotFound,
            fmt::format("{} is neither empty nor a parlour data folder", paths.data.string()));
    }
    fs::permissions(paths.data, fs::perms::owner_all, error);
    DataFolder folder{.paths = paths, .id = events::random_id<events::Uuid>(), .fresh = true};
    auto master = master_key_for(paths, true);
    if (!master) return std::unexpected(master.error());
    folder.master = *master;
    folder.recovery_due = fs::exists(recovery_file(paths.data), error);
    const auto content =
        fmt::format("{}\nformat {}\nid {}\n", kTitle, kFormat, events::to_hex(folder.id.view()));
    if (const Status written = write_private_file(folder_file(paths.data), content); !written) {
        return std::unexpected(written.error());
    }
    return folder;
}

Result<DataFolder> open_data_folder(const DataPaths& paths, bool need_master) {
    std::error_code error;
    if (!fs::exists(folder_file(paths.data), error)) {
        return events::fail(Errc::kNotFound,
                            fmt::format("{} is no parlour data folder", paths.data.string()));
    }
    const auto id = read_folder_file(paths.data);
    if (!id) return std::unexpected(id.error());
    DataFolder folder{.paths = paths, .id = *id};
    if (!need_master) return folder;
    auto master = master_key_for(paths, false);
    if (!master) return std::unexpected(master.error());
    folder.master = *master;
    folder.recovery_due = fs::exists(recovery_file(paths.data), error);
    return folder;
}

Status recovery_shown(const DataPaths& paths) {
    std::error_code error;
    fs::remove(recovery_file(paths.data), error);
    if (!error) return {};
    return events::fail(
        Errc::kStorage,
        fmt::format("cannot remove {}: {}", recovery_file(paths.data).string(), error.message()));
}

bool on_one_device(const fs::path& a, const fs::path& b) {
    struct stat first{};
    struct stat second{};
    return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 &&
           first.st_dev == second.st_dev;
}

Status write_private_file(const fs::path& file, const std::string& content) {
    const fs::path temporary = temporary_of(file);
    const auto failed = [&](const char* what) {
        const std::error_code error(errno, std::generic_category());
        return events::fail(
            Errc::kStorage,
            fmt::format("cannot {} {}: {}", what, temporary.string(), error.message()));
    };
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return failed("write");
    bool ok = ::fchmod(descriptor, S_IRUSR | S_IWUSR) == 0;
    std::string_view rest = content;
    while (ok && !rest.empty()) {
        const auto written = ::write(descriptor, rest.data(), rest.size());
        ok = written > 0;
        if (ok) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ok = ok && ::fsync(descriptor) == 0;
    ok = ::close(descriptor) == 0 && ok;
    if (!ok || ::rename(temporary.c_str(), file.c_str()) != 0) return failed("write");
    const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        static_cast<void>(::fsync(folder));
        ::close(folder);
    }
    return {};
}

}  // namespace gateway

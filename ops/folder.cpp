#include "ops/folder.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <system_error>
#include <utility>

namespace ops {
namespace {

namespace fs = std::filesystem;

using events::Errc;
using events::Result;

}  // namespace

std::vector<Option> folder_options() {
    return {{"data", "DIR", "the data folder"},
            {"keys", "DIR", "the key ring's folder (default: DIR.keys beside the data folder)"},
            {"master-key",
             "FILE",
             "the master key, 32 bytes (default: DIR.master beside the data folder)"}};
}

gateway::DataPaths folder_paths(const Arguments& arguments) {
    gateway::DataPaths given{.data = arguments.required("data"),
                             .keys = arguments.text("keys").value_or(""),
                             .master_key = arguments.text("master-key").value_or("")};
    auto paths = gateway::resolve_paths(std::move(given));
    if (!paths) throw UsageError(paths.error().detail);
    return *std::move(paths);
}

Result<ScratchFolder> ScratchFolder::make() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "parlour-read-XXXXXX").string();
    if (error || ::mkdtemp(pattern.data()) == nullptr) {
        return events::fail(Errc::kStorage, "no folder for temporary files can be made (TMPDIR)");
    }
    return ScratchFolder(pattern);
}

ScratchFolder::ScratchFolder(fs::path path) : path_(std::move(path)) {}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

ScratchFolder& ScratchFolder::operator=(ScratchFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}

Result<fs::path> ScratchFolder::folder(const std::string& name) const {
    fs::path inner = path_ / name;
    std::error_code error;
    fs::create_directory(inner, error);
    if (error)
        return events::fail(Errc::kStorage, fmt::format("{}: {}", inner.string(), error.message()));
    return inner;
}

ReadOnlyFolder::ReadOnlyFolder(gateway::DataFolder folder, ScratchFolder scratch)
    : folder_(std::move(folder)), scratch_(std::move(scratch)) {}

Result<ReadOnlyFolder> ReadOnlyFolder::open(const gateway::DataPaths& paths) {
    auto folder = gateway::open_data_folder(paths, false);
    if (!folder) return std::unexpected(std::move(folder.error()));
    auto scratch = ScratchFolder::make();
    if (!scratch) return std::unexpected(std::move(scratch.error()));
    ReadOnlyFolder out(*std::move(folder), *std::move(scratch));
    auto inner = out.scratch_.folder("log");
    if (!inner) return std::unexpected(std::move(inner.error()));
    events::LocalLogOptions options;
    options.secondary = true;
    options.secondary_dir = *inner;
    auto log = events::LocalLog::open(paths.data / "log", options);
    if (!log) return std::unexpected(std::move(log.error()));
    out.log_ = *std::move(log);
    return out;
}

Result<std::unique_ptr<events::KeyRing>> ReadOnlyFolder::open_keys() const {
    const auto with_master = gateway::open_data_folder(folder_.paths, true);
    if (!with_master) return std::unexpected(with_master.error());
    std::error_code ignored;
    if (!fs::is_directory(folder_.paths.keys, ignored)) {
        return events::fail(
            Errc::kNotFound,
            fmt::format("the keys folder {} is missing; without it the data cannot be read",
                        folder_.paths.keys.string()));
    }
    auto inner = scratch_.folder("keys");
    if (!inner) return std::unexpected(std::move(inner.error()));
    return events::KeyRing::open(folder_.paths.keys,
                                 with_master->master,
                                 folder_.id,
                                 false,
                                 {.secondary = true, .secondary_dir = *inner});
}

Result<std::unique_ptr<projections::Store>> ReadOnlyFolder::open_views() const {
    const fs::path views = folder_.paths.data / "views";
    std::error_code ignored;
    if (!fs::is_directory(views, ignored)) {
        return events::fail(Errc::kNotFound, fmt::format("{} does not exist", views.string()));
    }
    auto inner = scratch_.folder("views");
    if (!inner) return std::unexpected(std::move(inner.error()));
    return projections::Store::open_secondary(views, *inner);
}

std::uint64_t bytes_under(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code error;
    fs::recursive_directory_iterator at(folder, error);
    while (!error && at != fs::recursive_directory_iterator()) {
        std::error_code vanished;
        if (at->is_regular_file(vanished)) {
            const auto size = at->file_size(vanished);
            if (!vanished) bytes += size;
        }
        at.increment(error);
    }
    return bytes;
}

}  // namespace ops

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "gateway/data_folder.hpp"
#include "ops/cli.hpp"
#include "projections/store.hpp"

// A data folder opened for reading only, also beside a running server: log, key ring and views as
// secondaries. What they need to write lies in a folder of its own under the system's folder for
// temporary files and goes with this.
namespace ops {

// --data, --keys and --master-key, which every subcommand on a data folder takes.
std::vector<Option> folder_options();
// Throws UsageError for paths that cannot be meant.
gateway::DataPaths folder_paths(const Arguments& arguments);

// A folder for temporary files, 0700, removed at the end.
class ScratchFolder {
  public:
    static events::Result<ScratchFolder> make();
    ~ScratchFolder();
    ScratchFolder(ScratchFolder&& other) noexcept;
    ScratchFolder& operator=(ScratchFolder&& other) noexcept;
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    // A fresh empty folder inside it.
    [[nodiscard]] events::Result<std::filesystem::path> folder(const std::string& name) const;

  private:
    explicit ScratchFolder(std::filesystem::path path);
    std::filesystem::path path_;
};

class ReadOnlyFolder {
  public:
    // kNotFound when there is no data folder, kDamaged, kUnknownSchema, kStorage. Opens the log
    // only.
    static events::Result<ReadOnlyFolder> open(const gateway::DataPaths& paths);

    [[nodiscard]] const gateway::DataPaths& paths() const { return folder_.paths; }
    [[nodiscard]] events::LocalLog& log() const { return *log_; }

    // Needs the keys folder and the master key: kNotFound, kWrongMasterKey, kStorage.
    [[nodiscard]] events::Result<std::unique_ptr<events::KeyRing>> open_keys() const;
    // kNotFound when no view was ever written.
    [[nodiscard]] events::Result<std::unique_ptr<projections::Store>> open_views() const;

  private:
    ReadOnlyFolder(gateway::DataFolder folder, ScratchFolder scratch);

    gateway::DataFolder folder_;  // without the master key
    ScratchFolder scratch_;       // outlives what is opened in it: declared before
    std::unique_ptr<events::LocalLog> log_;
};

// Bytes of all files under a folder; 0 when there is none. Files that vanish meanwhile do not
// count.
std::uint64_t bytes_under(const std::filesystem::path& folder);

}  // namespace ops

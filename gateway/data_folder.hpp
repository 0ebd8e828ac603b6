#pragma once

#include <filesystem>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/secret.hpp"

// A data folder and what lies beside it. Layout:
//   DATA/folder.txt   what this is, its format and its id
//   DATA/recovery.due as long as nobody was shown the recovery text of a master key made here
//   DATA/log/         the log (events::LocalLog)
//   DATA/views/       the views (projections::Store)
//   DATA/demo.json    with --demo only: the one file in clear
//   DATA.keys/        the key ring (events::KeyRing), unless given elsewhere
//   DATA.master       the master key file, unless given elsewhere
// Keys never lie inside DATA: a copy of the data folder alone is unreadable.
namespace gateway {

struct DataPaths {
    std::filesystem::path data;
    std::filesystem::path keys;
    std::filesystem::path master_key;
};

// Fills in the defaults for empty paths. kInvalidArgument when keys or master key lie inside the
// data folder, or `data` is empty.
events::Result<DataPaths> resolve_paths(DataPaths given);

struct DataFolder {
    DataPaths paths;
    events::Uuid id;
    bool fresh = false;  // made by this call
    events::Key256 master;
    // The master key was made for this folder, and its recovery text was not shown yet: show it,
    // then say so with recovery_shown().
    bool recovery_due = false;
};

// Opens a data folder, or makes one where there is none or an empty folder. The master key is made
// only then. kNotFound: no data folder there, or a folder with other things in it; kWrongMasterKey:
// no usable master key file; kUnknownSchema: a newer format; kStorage.
events::Result<DataFolder> open_or_make_data_folder(const DataPaths& paths);

// Only opens; for what reads beside a running program. `master` is left empty when `need_master` is
// not set.
events::Result<DataFolder> open_data_folder(const DataPaths& paths, bool need_master);

// The recovery text was shown: no later start does so again.
events::Status recovery_shown(const DataPaths& paths);

// Whether both lie on one device, so that one theft takes both.
bool on_one_device(const std::filesystem::path& a, const std::filesystem::path& b);

// Writes a file whole or not at all (0600): a temporary beside it, synced, then renamed.
events::Status write_private_file(const std::filesystem::path& file, const std::string& content);

}  // namespace gateway

#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "events/error.hpp"

// RocksDB's write-ahead files and manifest after a power cut. A file may have its full length and
// yet lack pages of the write that was not synced yet: they read as zeros. RocksDB takes a file
// that ends early, but refuses this one, as it must: it cannot know that nobody was told of that
// write. Whoever syncs each write before the next one begins does know. Format: RocksDB's log
// format, blocks of 32 KiB.
namespace events::local {

// Where the bytes of a write begin that was never synced. Nothing: the bytes are whole, end early,
// or are damaged in another way: no sector of the damaged write is missing, or another write begins
// behind it, which was begun only after the damaged one was synced.
std::optional<std::uint64_t> unsynced_tail(std::string_view file);

// Cuts that tail off the newest write-ahead file and off the manifest of a folder that nobody has
// open. Gives whether there was one. Only for a folder whose every write is synced.
Result<bool> drop_unsynced_tails(rocksdb::Env& env, const std::filesystem::path& dir);

}  // namespace events::local

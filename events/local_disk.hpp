#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <memory>

// A file system whose every flush takes longer: what an ordinary cloud disk would do to group
// commit. For benchmarks only.
namespace events::local {

// The environment owns its file system; keep it longer than every database opened with it.
std::unique_ptr<rocksdb::Env> make_slow_disk(std::uint32_t flush_delay_us);

}  // namespace events::local

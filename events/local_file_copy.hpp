#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/files.hpp"
#include "events/local_store.hpp"

// The files of a copied log: rows as LocalFiles reads them, one chunk at a time, each with the key
// of the record it came with, and notes of whoever fills them. Used by one thread, but for
// chunks() and note().
namespace events::local {

class FileCopy {
  public:
    // `store` outlives this.
    explicit FileCopy(Store& store) : store_(store) {}

    void add(const FilePlace& place,
             std::uint32_t index,
             std::string_view frame,
             const RecordKey& key);
    void remove(const FilePlace& place, std::uint32_t index);
    // A value under a kind and a partition; kinds are letters that LocalFiles does not use.
    void note(char kind, Partition partition, const std::string& value);
    // What was added and removed since is there. Not synced.
    Status write();

    Result<std::optional<std::string>> note(char kind, Partition partition) const;
    // The chunks of a file by their index, with their record keys.
    Result<std::vector<std::pair<std::uint32_t, RecordKey>>> chunks(const FilePlace& place) const;

  private:
    Store& store_;
    rocksdb::WriteBatch batch_;
};

}  // namespace events::local

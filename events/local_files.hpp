#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "events/files.hpp"
#include "events/local_store.hpp"

// Files in the embedded engine: a column family of the log's folder, whose keys are in
// schemas/log_format.md.
namespace events::local {

class LocalFiles final : public Files {
  public:
    // `store` outlives this.
    explicit LocalFiles(Store& store) : store_(store) {}

    Status put(const FilePlace& place, const std::vector<std::string>& frames) override;
    Status keep(const FilePlace& place) override;
    Result<std::vector<std::string>> get(const FilePlace& place) override;
    Status remove(const FilePlace& place) override;
    Result<std::vector<FilePlace>> kept(const TenantId& tenant, const StreamId& stream) override;
    Result<std::vector<FilePlace>> waiting() override;

    // Every chunk of every file, those that wait too, in the order of their keys.
    using EachChunk =
        std::function<void(const FilePlace& place, std::uint32_t index, std::string_view frame)>;
    Status each_chunk(const EachChunk& each) const;

  private:
    [[nodiscard]] Status write(rocksdb::WriteBatch& batch) const;

    Store& store_;
};

}  // namespace events::local

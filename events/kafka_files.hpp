#pragma once

#include <cstdint>
#include <vector>

#include "events/files.hpp"
#include "events/kafka_engine.hpp"
#include "events/local_file_copy.hpp"

// NAME.files: sealed chunks of files go there and come back into every node's copy. A removed chunk
// is overwritten under its record key, never by a null.
namespace events::kafka {

class KafkaFiles final : public Files, public Sink {
  public:
    // Both outlive this; `local` reads what `copy` writes.
    KafkaFiles(local::FileCopy& copy, Files& local, std::uint16_t partitions)
        : copy_(copy), local_(local), partitions_(partitions) {}
    void attach(Engine& engine, std::size_t topic);

    // kUnavailable: this node does not lead the tenant's partition, or no longer.
    Status put(const FilePlace& place, const std::vector<std::string>& frames) override;
    Status keep(const FilePlace& place) override;
    Result<std::vector<std::string>> get(const FilePlace& place) override;
    // As put().
    Status remove(const FilePlace& place) override;
    Result<std::vector<FilePlace>> kept(const TenantId& tenant, const StreamId& stream) override;
    Result<std::vector<FilePlace>> waiting() override;

    Result<std::optional<Mark>> mark(Partition partition) override;
    Result<std::optional<ClaimRef>> in_force(Partition partition) override;
    Status take(const Back& back) override;
    Status write() override;

  private:
    local::FileCopy& copy_;
    Files& local_;
    const std::uint16_t partitions_;
    Engine* engine_ = nullptr;
    std::size_t topic_ = 0;
};

}  // namespace events::kafka

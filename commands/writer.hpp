#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "commands/partition.hpp"

// All partitions that this program writes. A command goes to the partition of its tenant.
namespace commands {

class Writer {
  public:
    Writer(std::uint16_t partitions,
           const PartitionServices& services,
           const boost::asio::any_io_executor& executor);

    // Claims every partition; blocks until all claims were read back, or failed. kStorageFull: they
    // go on by themselves once the disk has room again.
    events::Status claim_all();

    // Of all partitions together, as of about now. Any thread.
    [[nodiscard]] Load load() const;

    // PartitionWriter::submit of the tenant's partition.
    template <Decider A>
    void submit(const events::Uuid& stream,
                typename A::Command command,
                CommandMeta meta,
                OnAnswer on_answer) {
        auto& partition = partition_for(meta.tenant);
        partition.submit<A>(stream, std::move(command), meta, std::move(on_answer));
    }

  private:
    PartitionWriter& partition_for(const events::TenantId& tenant);
    std::vector<std::unique_ptr<PartitionWriter>> partitions_;
};

}  // namespace commands

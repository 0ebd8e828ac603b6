#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <any>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "commands/partition.hpp"

// All partitions that this program may write. A command goes to the partition of its tenant; where
// another node leads that, through the relay, if there is one.
namespace commands {

// The way to whoever leads a partition.
class Relay {
  public:
    Relay() = default;
    virtual ~Relay() = default;
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Has the command carried out there; `command` holds an A::Command of the aggregate that
    // `stream` names. Answered kNotOwner where that cannot be now, or where the command is none of
    // those that cross tenants. Any thread; returns at once, on_answer comes on any thread.
    virtual void submit(const events::StreamId& stream,
                        std::any command,
                        const CommandMeta& meta,
                        OnAnswer on_answer) = 0;
};

class Writer {
  public:
    Writer(std::uint16_t partitions,
           const PartitionServices& services,
           const boost::asio::any_io_executor& executor);

    // Claims every partition; blocks until all claims were read back, or failed. kStorageFull: they
    // go on by themselves once the disk has room again.
    events::Status claim_all();

    // From now on commands for partitions that are led elsewhere go there. Borrowed; set before the
    // first command.
    void set_relay(Relay& relay) { relay_ = &relay; }

    [[nodiscard]] PartitionWriter& at(events::Partition partition) {
        return *partitions_.at(partition.value);
    }
    [[nodiscard]] PartitionWriter& partition_for(const events::TenantId& tenant);
    [[nodiscard]] std::uint16_t partitions() const {
        return static_cast<std::uint16_t>(partitions_.size());
    }

    // Of all partitions together, as of about now. Any thread.
    [[nodiscard]] Load load() const;

    // PartitionWriter::submit of the tenant's partition.
    template <Decider A>
    void submit(const events::Uuid& stream,
                typename A::Command command,
                CommandMeta meta,
                OnAnswer on_answer) {
        auto& partition = partition_for(meta.tenant);
        if (relay_ != nullptr && !partition.leads()) {
            return relay_->submit(
                {A::kKind, stream}, std::move(command), meta, std::move(on_answer));
        }
        partition.submit<A>(stream, std::move(command), meta, std::move(on_answer));
    }

  private:
    Relay* relay_ = nullptr;
    std::vector<std::unique_ptr<PartitionWriter>> partitions_;
};

}  // namespace commands

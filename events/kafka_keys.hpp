#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "events/kafka_engine.hpp"
#include "events/key_ring_log.hpp"
#include "events/key_ring_store.hpp"
#include "parlour/log/v1/side.pb.h"

// NAME.keys: what a node of a cluster writes to its key ring goes there and comes back into every
// node's folder. Wrapped keys and sealed secrets only. What ends a key or a secret stands under the
// record key of what it ends, and is never null, so that compaction takes the old bytes and no
// returning replica brings them back.
namespace events::kafka {

class Keys final : public Sink, public RingLog {
  public:
    // `store` outlives this.
    Keys(RingStore& store, std::uint16_t partitions) : store_(store), partitions_(partitions) {}
    // Before the first write(): where it goes. Borrowed. `check` tells the cluster's master key and
    // goes into each partition before the first key.
    void attach(Engine& engine, std::size_t topic);
    void set_check(std::string check) { check_ = std::move(check); }

    Status write(const TenantId& tenant, std::vector<Row> rows) override;

    Result<std::optional<Mark>> mark(Partition partition) override;
    Result<std::optional<ClaimRef>> in_force(Partition partition) override;
    Status take(const Back& back) override;
    Status write() override;

  private:
    using SideRecord = parlour::log::v1::SideRecord;
    // The records that write these rows, and those that end what they replace.
    struct Sends {
        std::vector<Outgoing> first;
        std::vector<Outgoing> then;
    };
    Status add(const Row& row, SideRecord& under, Sends& sends);
    Status add_check(Partition partition, SideRecord& under, Sends& sends);
    Status send(Partition partition, std::vector<Outgoing> records);
    Status came_in(const Row& row);

    Status take(const parlour::log::v1::KeyCreated& created, const SideRecord& side);
    Status take(const parlour::log::v1::KeyDestroyed& destroyed, const SideRecord& side);
    Status take(const parlour::log::v1::RingRow& row, const RecordKey& key);
    Status take(const parlour::log::v1::RingRowEnded& ended, const RecordKey& key);

    RingStore& store_;
    const std::uint16_t partitions_;
    Engine* engine_ = nullptr;
    std::size_t topic_ = 0;
    std::string check_;
    rocksdb::WriteBatch batch_;  // the engine's thread only
};

}  // namespace events::kafka

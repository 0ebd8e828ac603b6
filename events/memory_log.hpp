#pragma once

#include <memory>

#include "events/log.hpp"

// The log in memory: for deterministic tests. Same contract, no durability. append() completes on
// the next call of run_pending(), on the caller's thread, so that a test decides when and in what
// order.
namespace events {

class MemoryLog final : public Log, public History {
  public:
    explicit MemoryLog(std::uint16_t partitions);
    ~MemoryLog() override;
    MemoryLog(const MemoryLog&) = delete;
    MemoryLog& operator=(const MemoryLog&) = delete;

    // Makes everything queued durable and calls the completions. Gives how many appends completed.
    std::size_t run_pending();
    // The next append, and everything behind it, fails with kStorage instead of being stored.
    void fail_from_now_on();
    // While set, appends are refused with kStorageFull.
    void set_full(bool full);

    void append(Partition partition, std::vector<Outgoing> records, AppendDone done) override;
    Result<std::vector<Entry>> read(Partition partition, Offset from, ReadLimit limit) override;
    Result<Offset> end(Partition partition) override;

    [[nodiscard]] std::uint16_t partitions() const override;
    Result<Seq> head(const TenantId& tenant) override;
    Result<Offset> offset_of(const TenantId& tenant, Seq seq) override;
    Result<std::vector<Entry>> read_stream(const TenantId& tenant,
                                           const StreamId& stream,
                                           Version from,
                                           ReadLimit limit) override;
    Result<std::vector<ClaimAt>> claims(Partition partition) override;
    Result<bool> is_bound(const KeyId& key) override;
    Result<std::vector<TenantId>> tenants() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace events

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "events/free_space.hpp"
#include "events/kafka_client.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"

// The engine of a cluster: the log lies in Kafka, and this node keeps a copy of it in exactly the
// embedded engine's layout, filled by reading back. An append is done, and readable, once it came
// back. Every partition is followed, whoever leads it.
namespace events {

class Files;

// An idle partition gets a heartbeat so often: without an append Kafka never closes a segment, and
// what was erased in it stays on disk (COMPLIANCE 1.2).
inline constexpr std::chrono::milliseconds kLogHeartbeat = std::chrono::minutes(15);
inline constexpr std::chrono::milliseconds kKeysHeartbeat = std::chrono::minutes(1);

struct KafkaLogOptions {
    KafkaConnection connection;
    std::string topics = "parlour";  // the topics' common name: NAME.events, .keys and .files
    // The key ring's folder, filled from NAME.keys. Empty: the log only, no keys and no files.
    std::filesystem::path keys;
    DiskReserve reserve;  // of the device of the copy; see append()
    std::chrono::milliseconds heartbeat = kLogHeartbeat;
    std::chrono::milliseconds keys_heartbeat = kKeysHeartbeat;
    std::chrono::milliseconds message_timeout{30'000};
    std::chrono::milliseconds connect_timeout{10'000};  // for the first answer of a broker
    // Tests only: 1 for a cluster that does not look at the producer's sequence numbers.
    int requests_in_flight = 5;
    // Told of each partition that has grown, whoever wrote to it, once that is readable. On the
    // engine's thread; must not block.
    std::function<void(Partition, Offset end)> on_grown;
    // Told once when the engine cannot go on.
    std::function<void(const Error&)> on_failure;
};

class KafkaLog final : public Log {
  public:
    // Opens, or makes, the copy in `dir` and reads on to where the cluster's log ended when it was
    // called. kUnavailable: no broker answers; kNotFound: a topic is missing; kDamaged: the cluster
    // does not hold any more what was read from it; else as LocalLog::open.
    static Result<std::unique_ptr<KafkaLog>> open(const std::filesystem::path& dir,
                                                  KafkaLogOptions options);
    ~KafkaLog() override;
    KafkaLog(const KafkaLog&) = delete;
    KafkaLog& operator=(const KafkaLog&) = delete;

    // A claim is sent to the topics beside the log first, and is done when all are back and in
    // force (K4). kUnavailable: the broker did not take it in time, and what became of it tells
    // only the next claim; kStorageFull: the copy's disk has less than its reserve free, and
    // nothing was sent. Both: the partition takes nothing more before an append that begins with a
    // claim.
    void append(Partition partition, std::vector<Outgoing> records, AppendDone done) override;
    // From the copy; of any partition.
    Result<std::vector<Entry>> read(Partition partition, Offset from, ReadLimit limit) override;
    Result<Offset> end(Partition partition) override;

    // The ring whose folder the options name, under the cluster's master key. Once; it must end
    // before this. What it writes answers kUnavailable where this node has no claim.
    Result<std::unique_ptr<KeyRing>> open_keys(const Key256& master, const DiskReserve& reserve);
    // With keys only. Its changes answer likewise.
    Files& files();
    // For an operator. Any thread.
    struct Counts {
        std::uint64_t void_records = 0;    // read since it was opened, that mean nothing (F2)
        std::uint64_t behind_records = 0;  // that the brokers have told of, not read yet
    };
    [[nodiscard]] Counts counts() const;
    // Of what counts only: a void commit is in the log, but no look-up finds it.
    History& history();

  private:
    struct Impl;
    explicit KafkaLog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace events

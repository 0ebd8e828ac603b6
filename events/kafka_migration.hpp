#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "events/crypto.hpp"
#include "events/kafka_client.hpp"
#include "events/key_ring_store.hpp"
#include "events/local_log.hpp"

// An embedded log moves to a cluster's topics: every record as it is, key and bytes, in its
// partition and its order; and every row of the key ring and chunk of a file under a claim of the
// migration's own. Decision 0034.
namespace events {

// What moves. Nobody else may have it open.
struct MigrationSource {
    LocalLog& log;
    RingStore& ring;
    std::string check;  // KeyRing::cluster_check of its master key
};

struct MigrationTarget {
    KafkaConnection connection;
    std::string topics = "parlour";  // the topics' common name
    std::size_t batch = 1024;        // records under way in a partition
    std::function<void(std::uint64_t done, std::uint64_t of)> on_records = {};  // of the log
};

// Copies what the topics lack, which may be all: a migration that was ended goes on where it was.
// kInvalidArgument: they hold something else, or have another number of partitions; kNotFound: one
// is missing, with its name; kUnavailable: no broker, or none that takes records; run it again.
Status migrate(const MigrationSource& source, const MigrationTarget& target);

struct MigratedPartition {
    std::uint64_t here = 0;  // records
    std::uint64_t there = 0;
    Digest digest_here{};  // over each record's key and bytes, in their order
    Digest digest_there{};
    [[nodiscard]] bool equal() const { return here == there && digest_here == digest_there; }
};
struct MigrationProof {
    std::vector<MigratedPartition> partitions;
    std::uint64_t ring_rows = 0;  // keys and secrets, those that were destroyed too
    std::uint64_t file_chunks = 0;
    std::vector<std::string> differences;  // a line each
};
// Reads everything back from the brokers and holds it against the source.
Result<MigrationProof> prove_migration(const MigrationSource& source,
                                       const MigrationTarget& target);

}  // namespace events

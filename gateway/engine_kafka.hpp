#pragma once

#include <functional>
#include <memory>

#include "events/kafka_client.hpp"
#include "gateway/engine.hpp"

// The engine of a cluster's node: the log, the files and the key ring in Kafka's topics, a copy of
// them in the data folder, and the nodes' consumer group as the assignment.
namespace gateway {

struct KafkaEngineOptions {
    events::KafkaConnection connection;
    events::DiskReserve reserve;
    bool make_topics = false;  // those that are missing; else the cluster must have them
    // Told once, on a thread of the engine's, when it cannot go on.
    std::function<void(const events::Error&)> on_failure;
};
// Blocks until the copy is where the cluster's log ended. kInvalidArgument: a topic is missing, or
// has a setting that is dangerous, with its name; else as KafkaLog::open and open_keys report.
events::Result<std::unique_ptr<Engine>> open_kafka_engine(const DataFolder& folder,
                                                          const KafkaEngineOptions& options);

}  // namespace gateway

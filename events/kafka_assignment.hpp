#pragma once

#include <memory>
#include <string>

#include "events/assignment.hpp"
#include "events/kafka_client.hpp"

// The nodes of a cluster share its partitions as a consumer group of Kafka's does. Nothing is read
// through it: the group only says who should try to own what.
namespace events {

// A node that gives no sign of life for so long loses what was assigned to it.
inline constexpr const char* kSessionTimeoutMs = "10000";

struct KafkaAssignmentOptions {
    KafkaConnection connection;
    std::string topic = "parlour.events";  // whose partitions are shared
    std::string group = "parlour.nodes";
};

// Does not wait for a broker. kInvalidArgument as kafka::make_conf.
Result<std::unique_ptr<Assignment>> open_kafka_assignment(const KafkaAssignmentOptions& options);

}  // namespace events

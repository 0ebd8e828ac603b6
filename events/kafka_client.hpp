#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/kafka_security.hpp"

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_topic_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_partition_list_s;
struct rd_kafka_op_s;

// How to reach the brokers, and what every client of them has in common. Names librdkafka's types
// without including it, so that whoever configures need not.
namespace events {

struct KafkaConnection {
    std::string brokers;  // HOST:PORT,HOST:PORT,...
    KafkaSecurity security;
};

// kafka://HOST:PORT[,HOST:PORT...]. kInvalidArgument with the form expected.
Result<KafkaConnection> parse_kafka_url(std::string_view url);

namespace kafka {

struct Destroy {
    void operator()(rd_kafka_s* client) const noexcept;  // waits for its threads
    void operator()(rd_kafka_conf_s* conf) const noexcept;
    void operator()(rd_kafka_topic_s* topic) const noexcept;
    void operator()(rd_kafka_queue_s* queue) const noexcept;
    void operator()(rd_kafka_topic_partition_list_s* list) const noexcept;
    void operator()(rd_kafka_op_s* event) const noexcept;
};
using Client = std::unique_ptr<rd_kafka_s, Destroy>;
using Conf = std::unique_ptr<rd_kafka_conf_s, Destroy>;
using Topic = std::unique_ptr<rd_kafka_topic_s, Destroy>;
using Queue = std::unique_ptr<rd_kafka_queue_s, Destroy>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_s, Destroy>;
using Event = std::unique_ptr<rd_kafka_op_s, Destroy>;

struct Setting {
    const char* name;
    std::string value;
};

// A configuration with the connection and these settings; reads the password's file. Nothing is
// printed by the library. kInvalidArgument names the setting that the library refuses, never its
// value; kNotFound: the password's file.
Result<Conf> make_conf(const KafkaConnection& connection, const std::vector<Setting>& settings);

enum class Kind { kProducer, kConsumer };
// kInvalidArgument: the settings do not go together.
Result<Client> make_client(Kind kind, Conf conf);

Result<Topic> make_topic(rd_kafka_s& client, const std::string& name);

}  // namespace kafka
}  // namespace events

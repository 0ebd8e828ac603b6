#include "events/kafka_client.hpp"

#include <librdkafka/rdkafka.h>

#include <array>

namespace events {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::size_t kErrorBytes = 512;

void say_nothing(const rd_kafka_t* /*client*/,
                 int /*level*/,
                 const char* /*about*/,
                 const char* /*text*/) noexcept {}

}  // namespace

Result<KafkaConnection> parse_kafka_url(std::string_view url) {
    const auto brokers = url.substr(url.starts_with(kScheme) ? kScheme.size() : url.size());
    if (brokers.empty() || brokers.find_first_of("/ @") != std::string_view::npos) {
        return fail(Errc::kInvalidArgument,
                    "the log's address is kafka://HOST:PORT[,HOST:PORT...], without user or path");
    }
    return KafkaConnection{.brokers = std::string(brokers), .security = {}};
}

namespace kafka {

void Destroy::operator()(rd_kafka_s* client) const noexcept {
    rd_kafka_destroy(client);
}
void Destroy::operator()(rd_kafka_conf_s* conf) const noexcept {
    rd_kafka_conf_destroy(conf);
}
void Destroy::operator()(rd_kafka_topic_s* topic) const noexcept {
    rd_kafka_topic_destroy(topic);
}
void Destroy::operator()(rd_kafka_queue_s* queue) const noexcept {
    rd_kafka_queue_destroy(queue);
}
void Destroy::operator()(rd_kafka_topic_partition_list_s* list) const noexcept {
    rd_kafka_topic_partition_list_destroy(list);
}
void Destroy::operator()(rd_kafka_op_s* event) const noexcept {
    rd_kafka_event_destroy(event);
}

Result<Conf> make_conf(const KafkaConnection& connection, const std::vector<Setting>& settings) {
    Conf conf(rd_kafka_conf_new());
    rd_kafka_conf_set_log_cb(conf.get(), say_nothing);
    std::vector<Setting> all{{"bootstrap.servers", connection.brokers},
                             {"client.id", "parlour"},
                             {"log.connection.close", "false"}};
    const auto security = client_settings(connection.security);
    if (!security) return std::unexpected(security.error());
    for (const auto& [name, value] : *security) all.push_back({name.c_str(), value});
    all.insert(all.end(), settings.begin(), settings.end());
    std::array<char, kErrorBytes> why{};
    for (const auto& [name, value] : all) {
        const auto set = rd_kafka_conf_set(conf.get(), name, value.c_str(), why.data(), why.size());
        if (set != RD_KAFKA_CONF_OK) {
            return fail(Errc::kInvalidArgument,
                        std::string("the Kafka client does not take the setting ") + name);
        }
    }
    return conf;
}

Result<Client> make_client(Kind kind, Conf conf) {
    std::array<char, kErrorBytes> why{};
    const auto type = kind == Kind::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    Client client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
    if (!client) return fail(Errc::kInvalidArgument, std::string("Kafka client: ") + why.data());
    static_cast<void>(conf.release());  // the client has it now
    return client;
}

Result<Topic> make_topic(rd_kafka_s& client, const std::string& name) {
    Topic topic(rd_kafka_topic_new(&client, name.c_str(), nullptr));
    if (!topic) return fail(Errc::kInvalidArgument, "Kafka does not take the topic " + name);
    return topic;
}

}  // namespace kafka
}  // namespace events

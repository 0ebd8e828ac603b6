#include "events/kafka_assignment.hpp"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace events {
namespace {

constexpr int kPollMs = 200;
// A member hears of a node that comes or goes in the answer to its next sign of life, and a
// partition that moves waits for all members, twice.
constexpr const char* kHeartbeatMs = "500";

struct DestroyError {
    void operator()(rd_kafka_error_t* error) const noexcept { rd_kafka_error_destroy(error); }
};
using AnyError = std::unique_ptr<rd_kafka_error_t, DestroyError>;

std::vector<Partition> numbers_of(const rd_kafka_topic_partition_list_t& list) {
    std::vector<Partition> numbers;
    for (int i = 0; i < list.cnt; ++i) {
        numbers.push_back(Partition{static_cast<std::uint16_t>(list.elems[i].partition)});
    }
    return numbers;
}

class KafkaAssignment final : public Assignment {
  public:
    explicit KafkaAssignment(std::string topic) : topic_(std::move(topic)) {}
    ~KafkaAssignment() override { stop(); }

    void set_client(kafka::Client client) { client_ = std::move(client); }
    Status start(Told told) override;
    void stop() override;

    static void on_rebalance(rd_kafka_t* client,
                             rd_kafka_resp_err_t what,
                             rd_kafka_topic_partition_list_t* partitions,
                             void* opaque) noexcept;

  private:
    const std::string topic_;
    kafka::Client client_;
    Told told_;  // on the thread
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

// Each time only what comes or goes (cooperative), so that a node that joins or leaves takes
// nothing from those that keep theirs. What is assigned is paused at once: it is read elsewhere.
void KafkaAssignment::on_rebalance(rd_kafka_t* client,
                                   rd_kafka_resp_err_t what,
                                   rd_kafka_topic_partition_list_t* partitions,
                                   void* opaque) noexcept {
    const auto& told = static_cast<KafkaAssignment*>(opaque)->told_;
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        for (int i = 0; i < partitions->cnt; ++i) {
            partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
        }
        const AnyError failed(rd_kafka_incremental_assign(client, partitions));
        rd_kafka_pause_partitions(client, partitions);
        if (!failed && told.assigned) told.assigned(numbers_of(*partitions));
        return;
    }
    if (told.revoked) told.revoked(numbers_of(*partitions));
    const AnyError ignored(rd_kafka_incremental_unassign(client, partitions));
}

Status KafkaAssignment::start(Told told) {
    told_ = std::move(told);
    const kafka::PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto failed = rd_kafka_subscribe(client_.get(), topics.get());
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail(
            Errc::kUnavailable,
            std::string("the group of nodes cannot be joined: ") + rd_kafka_err2str(failed));
    }
    thread_ = std::thread([this] {
        while (!stopping_) {
            auto* const message = rd_kafka_consumer_poll(client_.get(), kPollMs);
            if (message != nullptr) rd_kafka_message_destroy(message);
        }
    });
    return {};
}

void KafkaAssignment::stop() {
    if (stopping_.exchange(true)) return;
    if (thread_.joinable()) thread_.join();
    told_ = {};
    if (client_) rd_kafka_consumer_close(client_.get());
    client_.reset();
}

}  // namespace

Result<std::unique_ptr<Assignment>> open_kafka_assignment(const KafkaAssignmentOptions& options) {
    auto conf = kafka::make_conf(options.connection,
                                 {{"group.id", options.group},
                                  {"session.timeout.ms", kSessionTimeoutMs},
                                  {"heartbeat.interval.ms", kHeartbeatMs},
                                  {"partition.assignment.strategy", "cooperative-sticky"},
                                  {"enable.auto.commit", "false"},
                                  {"topic.metadata.refresh.interval.ms", "60000"}});
    if (!conf) return std::unexpected(conf.error());
    auto made = std::make_unique<KafkaAssignment>(options.topic);
    rd_kafka_conf_set_opaque(conf->get(), made.get());
    rd_kafka_conf_set_rebalance_cb(conf->get(), &KafkaAssignment::on_rebalance);
    auto client = kafka::make_client(kafka::Kind::kConsumer, *std::move(conf));
    if (!client) return std::unexpected(client.error());
    rd_kafka_poll_set_consumer(client->get());
    made->set_client(*std::move(client));
    return made;
}

}  // namespace events

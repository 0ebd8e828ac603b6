#include "tests/events/kafka_mock.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <vector>

namespace kafka_support {
namespace {

constexpr int kBrokers = 3;
constexpr int kRttMaxMs = 60;

// Numbers of the protocol.
enum Request : std::int16_t {
    kProduce = 0,
    kFetch = 1,
    kListOffsets = 2,
    kMetadata = 3,
    kInitProducerId = 22
};

constexpr std::array kRequests{
    kProduce, kProduce, kProduce, kFetch, kListOffsets, kMetadata, kInitProducerId};
constexpr std::array kProduceErrors{RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                                    RD_KAFKA_RESP_ERR__TRANSPORT};
constexpr std::array kOtherErrors{RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                  RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                  RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                                  RD_KAFKA_RESP_ERR__TRANSPORT};

template <class T, std::size_t N>
T any_of(const std::array<T, N>& all, std::mt19937_64& random) {
    return all[std::uniform_int_distribution<std::size_t>(0, N - 1)(random)];
}

int between(int low, int high, std::mt19937_64& random) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

}  // namespace

struct MockCluster::Impl {
    events::kafka::Client client;  // the mock lives in one
    rd_kafka_mock_cluster_t* cluster = nullptr;

    std::size_t push_errors(std::mt19937_64& random) const {
        const auto request = any_of(kRequests, random);
        std::vector<rd_kafka_resp_err_t> errors;
        for (int i = between(1, 8, random); i > 0; --i) {
            errors.push_back(request == kProduce ? any_of(kProduceErrors, random)
                                                 : any_of(kOtherErrors, random));
        }
        rd_kafka_mock_push_request_errors_array(cluster, request, errors.size(), errors.data());
        return errors.size();
    }
};

MockCluster::MockCluster(const std::string& topic, int partitions)
    : impl_(std::make_unique<Impl>()) {
    auto conf = events::kafka::make_conf({.brokers = "", .security = {}}, {});
    impl_->client = *events::kafka::make_client(events::kafka::Kind::kProducer, *std::move(conf));
    impl_->cluster = rd_kafka_mock_cluster_new(impl_->client.get(), kBrokers);
    rd_kafka_mock_topic_create(impl_->cluster, topic.c_str(), partitions, kBrokers);
}

MockCluster::~MockCluster() {
    rd_kafka_mock_cluster_destroy(impl_->cluster);
}

events::KafkaConnection MockCluster::connection() const {
    return {.brokers = rd_kafka_mock_cluster_bootstraps(impl_->cluster), .security = {}};
}

std::size_t MockCluster::disturb(std::mt19937_64& random) {
    const int broker = between(1, kBrokers, random);
    switch (between(0, 9, random)) {
        case 0:
            rd_kafka_mock_broker_set_down(impl_->cluster, broker);
            return 1;
        case 1:
            for (int each = 1; each <= kBrokers; ++each) {
                rd_kafka_mock_broker_set_up(impl_->cluster, each);
            }
            return 0;
        case 2:
            rd_kafka_mock_broker_set_rtt(impl_->cluster, broker, between(0, kRttMaxMs, random));
            return 1;
        default:
            return impl_->push_errors(random);
    }
}

void MockCluster::heal() {
    for (const auto request : kRequests) {
        rd_kafka_mock_clear_request_errors(impl_->cluster, request);
    }
    for (int broker = 1; broker <= kBrokers; ++broker) {
        rd_kafka_mock_broker_set_up(impl_->cluster, broker);
        rd_kafka_mock_broker_set_rtt(impl_->cluster, broker, 0);
    }
}

}  // namespace kafka_support

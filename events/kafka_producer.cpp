#include "events/kafka_producer.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace events::kafka {
namespace {

constexpr int kPollMs = 50;
constexpr std::size_t kErrorBytes = 512;
// Memory of records handed over and not acknowledged; more are refused.
constexpr std::size_t kQueueKiBMax = std::size_t{512} * 1024;

Error unavailable(const std::string& what) {
    return {Errc::kUnavailable, "Kafka did not take a record: " + what};
}

}  // namespace

std::vector<Setting> producer_settings(int requests_in_flight) {
    return {{"enable.idempotence", "true"},
            {"enable.gapless.guarantee", "true"},
            {"acks", "all"},
            {"max.in.flight.requests.per.connection", std::to_string(requests_in_flight)},
            {"message.timeout.ms", "0"},  // never by itself: see Engine
            {"linger.ms", "0"},
            {"queue.buffering.max.messages", "0"},
            {"queue.buffering.max.kbytes", std::to_string(kQueueKiBMax)},
            {"message.max.bytes", "1000000"},
            {"socket.nagle.disable", "true"},
            {"reconnect.backoff.ms", "50"},
            {"reconnect.backoff.max.ms", "1000"},
            {"delivery.report.only.error", "true"}};
}

struct Producer::Impl {
    Options options;
    Client client;
    std::vector<Topic> topics;
    std::atomic<bool> failed{false};
    std::atomic<bool> stop{false};
    std::thread polling;

    void fail_with(const std::string& what) noexcept {
        if (failed.exchange(true)) return;
        if (options.on_failure) options.on_failure(unavailable(what));
    }
    static void on_delivery(rd_kafka_t* /*client*/,
                            const rd_kafka_message_t* message,
                            void* self) noexcept {
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
        static_cast<Impl*>(self)->fail_with(rd_kafka_err2str(message->err));
    }
    // A lost connection is no failure yet: the library tries again until the records time out.
    static void on_error(rd_kafka_t* client, int code, const char* /*why*/, void* self) noexcept {
        if (code != RD_KAFKA_RESP_ERR__FATAL) return;
        std::array<char, kErrorBytes> why{};
        rd_kafka_fatal_error(client, why.data(), why.size());
        static_cast<Impl*>(self)->fail_with(why.data());
    }
    void poll() noexcept {
        while (!stop) rd_kafka_poll(client.get(), kPollMs);
    }
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Producer>> Producer::open(Options options) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    auto conf =
        make_conf(impl->options.connection, producer_settings(impl->options.requests_in_flight));
    if (!conf) return std::unexpected(conf.error());
    rd_kafka_conf_set_opaque(conf->get(), impl.get());
    rd_kafka_conf_set_dr_msg_cb(conf->get(), Impl::on_delivery);
    rd_kafka_conf_set_error_cb(conf->get(), Impl::on_error);
    auto client = make_client(Kind::kProducer, *std::move(conf));
    if (!client) return std::unexpected(client.error());
    impl->client = *std::move(client);
    for (const auto& name : impl->options.topics) {
        auto topic = make_topic(*impl->client, name);
        if (!topic) return std::unexpected(topic.error());
        impl->topics.push_back(*std::move(topic));
    }
    impl->polling = std::thread([raw = impl.get()] { raw->poll(); });
    return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

Producer::~Producer() {
    impl_->failed = true;  // nobody is told any more
    rd_kafka_purge(
        impl_->client.get(),
        RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    impl_->stop = true;
    impl_->polling.join();
    impl_->topics.clear();
    impl_->client.reset();
}

Status Producer::send(std::size_t topic,
                      Partition partition,
                      const RecordKey& key,
                      std::string_view frame) {
    if (impl_->failed) return std::unexpected(unavailable("an earlier one failed"));
    const int sent = rd_kafka_produce(impl_->topics[topic].get(),
                                      partition.value,
                                      RD_KAFKA_MSG_F_COPY,
                                      const_cast<char*>(frame.data()),
                                      frame.size(),
                                      key.bytes.data(),
                                      RecordKey::kSize,
                                      nullptr);
    if (sent == 0) return {};
    return std::unexpected(unavailable(rd_kafka_err2str(rd_kafka_last_error())));
}

}  // namespace events::kafka

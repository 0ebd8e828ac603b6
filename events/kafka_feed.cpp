#include "events/kafka_feed.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <utility>

namespace events {
namespace {

// How long a call stays in the library before it looks whether it shall end.
constexpr int kPollMs = 100;

struct DestroyHeaders {
    void operator()(rd_kafka_headers_t* headers) const noexcept {
        rd_kafka_headers_destroy(headers);
    }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, DestroyHeaders>;

Headers headers_of(const FeedMessage& message) {
    Headers headers(rd_kafka_headers_new(message.headers.size()));
    for (const auto& [name, value] : message.headers) {
        rd_kafka_header_add(headers.get(),
                            name.data(),
                            static_cast<ssize_t>(name.size()),
                            value.data(),
                            static_cast<ssize_t>(value.size()));
    }
    return headers;
}

rd_kafka_vu_t part(rd_kafka_vtype_t type) {
    rd_kafka_vu_t made{};
    made.vtype = type;
    return made;
}

rd_kafka_vu_t part(rd_kafka_vtype_t type, const std::string& bytes) {
    auto made = part(type);
    // The library copies them, and only its type says that it could do otherwise.
    made.u.mem = {.ptr = const_cast<char*>(bytes.data()), .size = bytes.size()};
    return made;
}

// On success the library has the headers.
rd_kafka_resp_err_t produce(rd_kafka_t* client,
                            rd_kafka_topic_t* topic,
                            const FeedMessage& message,
                            rd_kafka_headers_t* headers) {
    std::array parts{part(RD_KAFKA_VTYPE_RKT),
                     part(RD_KAFKA_VTYPE_PARTITION),
                     part(RD_KAFKA_VTYPE_MSGFLAGS),
                     part(RD_KAFKA_VTYPE_TIMESTAMP),
                     part(RD_KAFKA_VTYPE_HEADERS),
                     part(RD_KAFKA_VTYPE_KEY, message.key),
                     part(RD_KAFKA_VTYPE_VALUE, message.value)};
    parts[0].u.rkt = topic;
    parts[1].u.i32 = message.partition.value;
    parts[2].u.i = RD_KAFKA_MSG_F_COPY;
    parts[3].u.i64 = message.time_unix_ms;
    parts[4].u.headers = headers;
    auto* const error = rd_kafka_produceva(client, parts.data(), parts.size());
    const auto code = rd_kafka_error_code(error);  // of none: no error
    rd_kafka_error_destroy(error);
    return code;
}

std::unexpected<Error> over() {
    return fail(Errc::kUnavailable, "the topic for analytics takes nothing at the moment");
}

}  // namespace

struct KafkaFeed::Impl {
    std::atomic<bool> ended{false};  // aborted, or a message was given up
    kafka::Client client;
    kafka::Topic topic;

    // The library's word on a message; called while it is polled.
    static void delivered(rd_kafka_t* /*client*/,
                          const rd_kafka_message_t* message,
                          void* opaque) noexcept {
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            static_cast<Impl*>(opaque)->ended.store(true);
        }
    }
};

Result<std::unique_ptr<KafkaFeed>> KafkaFeed::open(const KafkaConnection& connection,
                                                   const std::string& topic) {
    auto conf = kafka::make_conf(connection,
                                 {{"enable.idempotence", "true"},
                                  {"acks", "all"},
                                  {"message.timeout.ms", "0"},
                                  {"linger.ms", "0"},
                                  // What every client reads: kafkajs by itself knows no other.
                                  {"compression.type", "gzip"}});
    if (!conf) return std::unexpected(std::move(conf.error()));
    auto impl = std::make_unique<Impl>();
    rd_kafka_conf_set_opaque(conf->get(), impl.get());
    rd_kafka_conf_set_dr_msg_cb(conf->get(), &Impl::delivered);
    auto client = kafka::make_client(kafka::Kind::kProducer, *std::move(conf));
    if (!client) return std::unexpected(std::move(client.error()));
    impl->client = *std::move(client);
    auto made = kafka::make_topic(*impl->client, topic);
    if (!made) return std::unexpected(std::move(made.error()));
    impl->topic = *std::move(made);
    return std::unique_ptr<KafkaFeed>(new KafkaFeed(std::move(impl)));
}

KafkaFeed::KafkaFeed(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaFeed::~KafkaFeed() {
    rd_kafka_purge(impl_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

Status KafkaFeed::send(const FeedMessage& message) {
    auto* const client = impl_->client.get();
    while (!impl_->ended.load()) {
        auto headers = headers_of(message);
        const auto sent = produce(client, impl_->topic.get(), message, headers.get());
        if (sent == RD_KAFKA_RESP_ERR_NO_ERROR) {
            static_cast<void>(headers.release());  // the library has them now
            rd_kafka_poll(client, 0);
            return {};
        }
        if (sent != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
        rd_kafka_poll(client, kPollMs);
    }
    return over();
}

Status KafkaFeed::flush() {
    auto* const client = impl_->client.get();
    while (!impl_->ended.load()) {
        if (rd_kafka_outq_len(client) == 0) return {};
        rd_kafka_flush(client, kPollMs);
    }
    return over();
}

void KafkaFeed::abort() {
    impl_->ended.store(true);
}

}  // namespace events

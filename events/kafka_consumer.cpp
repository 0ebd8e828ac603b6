#include "events/kafka_consumer.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

namespace events::kafka {
namespace {

// Of a partition, prefetched; a fetch that fills it waits a while, so not too little.
constexpr std::size_t kQueueKiB = 4096;

}  // namespace

std::vector<Setting> consumer_settings() {
    return {{"check.crcs", "true"},
            {"enable.auto.commit", "false"},
            {"enable.auto.offset.store", "false"},
            {"auto.offset.reset", "error"},
            {"enable.partition.eof", "true"},
            {"fetch.wait.max.ms", "500"},
            {"fetch.error.backoff.ms", "50"},
            {"queued.min.messages", "100000"},
            {"queued.max.messages.kbytes", std::to_string(kQueueKiB)},
            {"socket.nagle.disable", "true"},
            {"reconnect.backoff.ms", "50"},
            {"reconnect.backoff.max.ms", "1000"}};
}

namespace {

// A topic just made, and a leader just chosen, take a moment to be known to every broker.
constexpr std::chrono::milliseconds kTopicAppears{2'000};
constexpr std::chrono::milliseconds kLeadersAppear{30'000};
constexpr std::chrono::milliseconds kAskAgain{20};

// Asks until there is an answer, so long at most.
auto patiently(std::chrono::milliseconds wait, const auto& ask) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    for (;;) {
        auto answer = ask();
        if (answer || std::chrono::steady_clock::now() > deadline) return answer;
        std::this_thread::sleep_for(kAskAgain);
    }
}

int milliseconds(std::chrono::milliseconds wait) {
    return static_cast<int>(wait.count());
}

struct DestroyMetadata {
    void operator()(const rd_kafka_metadata_t* metadata) const noexcept {
        rd_kafka_metadata_destroy(metadata);
    }
};
std::unexpected<Error> no_answer(rd_kafka_resp_err_t error) {
    return fail(Errc::kUnavailable,
                std::string("no Kafka broker answers: ") + rd_kafka_err2str(error));
}

std::string place(const std::string& topic, std::int32_t partition) {
    return "partition " + std::to_string(partition) + " of the topic " + topic;
}

// Nothing for what goes by itself.
std::optional<Error> final_error(const std::string& topic, const rd_kafka_message_t& message) {
    switch (message.err) {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            return Error{Errc::kDamaged,
                         place(topic, message.partition) +
                             " ends before what was read from it: the cluster has lost records"};
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
            return Error{Errc::kDamaged,
                         place(topic, message.partition) + " holds a record that is damaged"};
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return Error{Errc::kStorage, "the cluster has no " + place(topic, message.partition)};
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            return Error{Errc::kStorage,
                         "these credentials may not read the topic " + topic + ": see its ACLs"};
        default:
            return std::nullopt;
    }
}

}  // namespace

struct Consumer::Impl {
    std::vector<std::string> names;
    Client client;
    std::vector<Topic> topics;
    std::unordered_map<const rd_kafka_topic_t*, std::size_t> numbers;
    Queue queue;
    std::vector<std::pair<std::size_t, Partition>> started;
    // Inside poll() only.
    const Visitor* visitor = nullptr;
    std::optional<Error> error;

    Result<std::uint16_t> count(std::size_t topic, std::chrono::milliseconds wait);
    Result<std::vector<Offset>> ends(std::size_t topic,
                                     std::uint16_t partitions,
                                     std::chrono::milliseconds wait);

    static void on_message(rd_kafka_message_t* message, void* self) noexcept {
        static_cast<Impl*>(self)->take(*message);
    }
    void take(const rd_kafka_message_t& message) {
        if (error || message.rkt == nullptr) return;
        const auto topic = numbers.at(message.rkt);
        const Partition partition{static_cast<std::uint16_t>(message.partition)};
        const Offset offset{static_cast<std::uint64_t>(message.offset)};
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            return visitor->at_end(topic, partition, offset);
        }
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            error = final_error(names[topic], message);
            return;
        }
        visitor->record({.topic = topic,
                         .partition = partition,
                         .offset = offset,
                         .key = {static_cast<const char*>(message.key), message.key_len},
                         .frame = {static_cast<const char*>(message.payload), message.len},
                         .is_null = message.payload == nullptr});
    }
};

Consumer::Consumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Consumer>> Consumer::open(const KafkaConnection& connection,
                                                 std::vector<std::string> topics) {
    auto impl = std::make_unique<Impl>();
    impl->names = std::move(topics);
    auto conf = make_conf(connection, consumer_settings());
    if (!conf) return std::unexpected(conf.error());
    auto client = make_client(Kind::kConsumer, *std::move(conf));
    if (!client) return std::unexpected(client.error());
    impl->client = *std::move(client);
    for (const auto& name : impl->names) {
        auto topic = make_topic(*impl->client, name);
        if (!topic) return std::unexpected(topic.error());
        impl->numbers.emplace(topic->get(), impl->topics.size());
        impl->topics.push_back(*std::move(topic));
    }
    impl->queue.reset(rd_kafka_queue_new(impl->client.get()));
    return std::unique_ptr<Consumer>(new Consumer(std::move(impl)));
}

Consumer::~Consumer() {
    for (const auto& [topic, partition] : impl_->started) {
        rd_kafka_consume_stop(impl_->topics[topic].get(), partition.value);
    }
    impl_->queue.reset();
    impl_->topics.clear();
    impl_->client.reset();
}

Result<std::string> Consumer::cluster_id(std::chrono::milliseconds wait) {
    char* const id = rd_kafka_clusterid(impl_->client.get(), milliseconds(wait));
    if (id == nullptr) return no_answer(RD_KAFKA_RESP_ERR__TIMED_OUT);
    std::string text(id);
    rd_kafka_mem_free(impl_->client.get(), id);
    return text;
}

Result<std::uint16_t> Consumer::Impl::count(std::size_t topic, std::chrono::milliseconds wait) {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto status =
        rd_kafka_metadata(client.get(), 0, topics[topic].get(), &raw, milliseconds(wait));
    if (status != RD_KAFKA_RESP_ERR_NO_ERROR) return no_answer(status);
    const std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata> metadata(raw);
    const auto& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR || found.partition_cnt == 0) {
        return fail(Errc::kNotFound,
                    "the Kafka cluster has no topic " + names[topic] +
                        " for us; make it with parlour topics create");
    }
    return static_cast<std::uint16_t>(found.partition_cnt);
}

Result<std::vector<Offset>> Consumer::Impl::ends(std::size_t topic,
                                                 std::uint16_t partitions,
                                                 std::chrono::milliseconds wait) {
    const PartitionList list(rd_kafka_topic_partition_list_new(partitions));
    for (int i = 0; i < partitions; ++i) {
        // In place of a time: the end.
        rd_kafka_topic_partition_list_add(list.get(), names[topic].c_str(), i)->offset =
            RD_KAFKA_OFFSET_END;
    }
    const auto status = rd_kafka_offsets_for_times(client.get(), list.get(), milliseconds(wait));
    if (status != RD_KAFKA_RESP_ERR_NO_ERROR) return no_answer(status);
    std::vector<Offset> ends(partitions);
    for (int i = 0; i < list->cnt; ++i) {
        const auto& found = list->elems[i];
        if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR || found.offset < 0) {
            return no_answer(found.err);
        }
        ends[static_cast<std::size_t>(found.partition)] =
            Offset{static_cast<std::uint64_t>(found.offset)};
    }
    return ends;
}

Result<std::uint16_t> Consumer::partitions(std::size_t topic, std::chrono::milliseconds wait) {
    return patiently(std::min(wait, kTopicAppears), [&] { return impl_->count(topic, wait); });
}

Result<std::vector<Offset>> Consumer::ends(std::size_t topic,
                                           std::uint16_t partitions,
                                           std::chrono::milliseconds wait) {
    return patiently(std::max(wait, kLeadersAppear),
                     [&] { return impl_->ends(topic, partitions, wait); });
}

Status Consumer::start(std::size_t topic, Partition partition, Offset from) {
    const int started = rd_kafka_consume_start_queue(impl_->topics[topic].get(),
                                                     partition.value,
                                                     static_cast<std::int64_t>(from.value),
                                                     impl_->queue.get());
    if (started != 0) {
        return fail(Errc::kStorage,
                    std::string("Kafka: ") + rd_kafka_err2str(rd_kafka_last_error()));
    }
    impl_->started.emplace_back(topic, partition);
    return {};
}

Status Consumer::poll(std::chrono::milliseconds wait, const Visitor& visitor) {
    impl_->visitor = &visitor;
    rd_kafka_consume_callback_queue(
        impl_->queue.get(), milliseconds(wait), Impl::on_message, impl_.get());
    impl_->visitor = nullptr;
    if (auto error = std::exchange(impl_->error, std::nullopt)) return std::unexpected(*error);
    return {};
}

std::uint64_t Consumer::behind(std::size_t topic) const {
    const PartitionList list(
        rd_kafka_topic_partition_list_new(static_cast<int>(impl_->started.size())));
    const char* const name = impl_->names[topic].c_str();
    for (const auto& [of, partition] : impl_->started) {
        if (of == topic) rd_kafka_topic_partition_list_add(list.get(), name, partition.value);
    }
    rd_kafka_position(impl_->client.get(), list.get());
    std::int64_t behind = 0;
    for (int i = 0; i < list->cnt; ++i) {
        const auto& at = list->elems[i];
        std::int64_t low = 0;
        std::int64_t high = 0;
        rd_kafka_get_watermark_offsets(impl_->client.get(), name, at.partition, &low, &high);
        if (at.offset >= 0) behind += std::max<std::int64_t>(high - at.offset, 0);
    }
    return static_cast<std::uint64_t>(behind);
}

void Consumer::wake() {
    rd_kafka_queue_yield(impl_->queue.get());
}

}  // namespace events::kafka

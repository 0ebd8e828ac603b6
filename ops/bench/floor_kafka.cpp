#include "ops/bench/floor_kafka.hpp"

#include <librdkafka/rdkafka.h>

#include <deque>
#include <utility>

#include "events/crypto.hpp"
#include "events/ids.hpp"
#include "events/kafka_consumer.hpp"
#include "events/kafka_producer.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using events::Errc;
using events::kafka::Client;
using events::kafka::Kind;
using events::kafka::Queue;
using events::kafka::Topic;

constexpr int kRequestsInFlight = 5;
constexpr int kPollMs = 100;
constexpr auto kPatience = std::chrono::seconds(30);

}  // namespace

struct KafkaFloor::Impl {
    std::uint16_t partitions = 0;
    Client producer;  // both ways
    Client consumer;
    Topic to;
    Topic from;
    Queue queue;
    std::size_t next_value = 0;

    // Of the run that goes on.
    struct Run {
        const Load* load = nullptr;
        bool reads_back = false;
        std::vector<double>* latencies_ms = nullptr;
        Clock::time_point started;
        Clock::time_point last;
        std::size_t counted = 0;
        std::size_t outstanding = 0;
        rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    };
    Run run;
    std::vector<std::deque<Clock::time_point>> sent;  // by partition, while it reads back

    void send(std::int32_t partition) noexcept;
    void done(std::int32_t partition) noexcept;
    void came_back(const rd_kafka_message_t& message) noexcept;
    events::Result<double> go(const Load& load, bool reads_back, std::vector<double>* latencies_ms);

    static void on_delivery(rd_kafka_t* /*client*/,
                            const rd_kafka_message_t* message,
                            void* self) noexcept {
        auto& impl = *static_cast<Impl*>(self);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            impl.run.error = message->err;
        } else if (message->partition >= impl.partitions) {  // the others count when they are back
            impl.done(message->partition);
        }
    }
    static void on_message(rd_kafka_message_t* message, void* self) noexcept {
        static_cast<Impl*>(self)->came_back(*message);
    }
};

void KafkaFloor::Impl::send(std::int32_t partition) noexcept {
    const auto& values = run.load->values;
    const auto& value = values[next_value++ % values.size()];
    const auto key = events::random_id<events::RecordKey>();
    if (run.reads_back) sent[static_cast<std::size_t>(partition)].push_back(Clock::now());
    ++run.outstanding;
    const int taken = rd_kafka_produce(to.get(),
                                       partition,
                                       RD_KAFKA_MSG_F_COPY,
                                       const_cast<char*>(value.data()),
                                       value.size(),
                                       key.bytes.data(),
                                       events::RecordKey::kSize,
                                       nullptr);
    if (taken != 0) run.error = rd_kafka_last_error();
}

// One is through: the next takes its place, as long as the run goes on.
void KafkaFloor::Impl::done(std::int32_t partition) noexcept {
    ++run.counted;
    --run.outstanding;
    run.last = Clock::now();
    if (run.last - run.started < run.load->duration) send(partition);
}

void KafkaFloor::Impl::came_back(const rd_kafka_message_t& message) noexcept {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        run.error = message.err;
        return;
    }
    auto& mine = sent[static_cast<std::size_t>(message.partition)];
    if (run.latencies_ms != nullptr) {
        run.latencies_ms->push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - mine.front()).count());
    }
    mine.pop_front();
    done(message.partition);
}

events::Result<double> KafkaFloor::Impl::go(const Load& load,
                                            bool reads_back,
                                            std::vector<double>* latencies_ms) {
    run = {.load = &load, .reads_back = reads_back, .latencies_ms = latencies_ms};
    run.started = run.last = Clock::now();
    for (std::uint16_t i = 0; i < partitions; ++i) {
        const auto partition = static_cast<std::int32_t>(reads_back ? i : partitions + i);
        for (std::size_t k = 0; k < load.in_flight; ++k) send(partition);
    }
    while (run.outstanding > 0 && run.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_poll(producer.get(), reads_back ? 0 : kPollMs);
        if (reads_back) rd_kafka_consume_callback_queue(queue.get(), kPollMs, on_message, this);
        if (Clock::now() - run.last > kPatience) run.error = RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (run.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return events::fail(Errc::kUnavailable,
                            std::string("the bare Kafka client: ") + rd_kafka_err2str(run.error));
    }
    const std::chrono::duration<double> passed = run.last - run.started;
    return static_cast<double>(run.counted) / passed.count();
}

KafkaFloor::KafkaFloor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaFloor::~KafkaFloor() {
    for (std::uint16_t i = 0; i < impl_->partitions; ++i) {
        rd_kafka_consume_stop(impl_->from.get(), i);
    }
}

events::Result<std::unique_ptr<KafkaFloor>> KafkaFloor::open(
    const events::KafkaConnection& connection, const std::string& topic, std::uint16_t partitions) {
    using namespace events::kafka;
    auto impl = std::make_unique<Impl>();
    impl->partitions = partitions;
    impl->sent.resize(partitions);
    auto settings = producer_settings(kRequestsInFlight);
    settings.push_back({"delivery.report.only.error", "false"});  // it counts them
    auto conf = make_conf(connection, settings);
    if (!conf) return std::unexpected(conf.error());
    rd_kafka_conf_set_opaque(conf->get(), impl.get());
    rd_kafka_conf_set_dr_msg_cb(conf->get(), Impl::on_delivery);
    auto producer = make_client(Kind::kProducer, *std::move(conf));
    if (!producer) return std::unexpected(producer.error());
    impl->producer = *std::move(producer);
    auto reading = make_conf(connection, consumer_settings());
    if (!reading) return std::unexpected(reading.error());
    auto consumer = make_client(Kind::kConsumer, *std::move(reading));
    if (!consumer) return std::unexpected(consumer.error());
    impl->consumer = *std::move(consumer);
    auto to = make_topic(*impl->producer, topic);
    auto from = make_topic(*impl->consumer, topic);
    if (!to || !from) return std::unexpected(to ? from.error() : to.error());
    impl->to = *std::move(to);
    impl->from = *std::move(from);
    impl->queue.reset(rd_kafka_queue_new(impl->consumer.get()));
    for (std::uint16_t i = 0; i < partitions; ++i) {
        if (rd_kafka_consume_start_queue(impl->from.get(), i, 0, impl->queue.get()) != 0) {
            return events::fail(Errc::kUnavailable, "the bare Kafka client cannot read");
        }
    }
    return std::unique_ptr<KafkaFloor>(new KafkaFloor(std::move(impl)));
}

events::Result<double> KafkaFloor::run(const Load& load, std::vector<double>* latencies_ms) {
    return impl_->go(load, true, latencies_ms);
}

events::Result<double> KafkaFloor::produce(const Load& load) {
    return impl_->go(load, false, nullptr);
}

}  // namespace bench

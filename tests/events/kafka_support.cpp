#include "tests/events/kafka_support.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "events/crypto.hpp"
#include "tests/events/real_records.hpp"

namespace kafka_support {
namespace {

constexpr int kWaitMs = 30'000;

std::string brokers() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
    const char* const named = std::getenv("PARLOUR_KAFKA");
    return named == nullptr ? "" : named;
}

events::kafka::Client make_producer() {
    auto conf = events::kafka::make_conf(connection(), {{"acks", "all"}, {"linger.ms", "0"}});
    BOOST_TEST_REQUIRE(conf.has_value());
    auto client = events::kafka::make_client(events::kafka::Kind::kProducer, *std::move(conf));
    BOOST_TEST_REQUIRE(client.has_value());
    return *std::move(client);
}

// The outcome of a change of topics: every topic's must be a success.
void expect_done(rd_kafka_event_t* event) {
    BOOST_TEST_REQUIRE(event != nullptr);
    BOOST_TEST_REQUIRE(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
                       rd_kafka_event_error_string(event));
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = nullptr;
    if (const auto* made = rd_kafka_event_CreateTopics_result(event)) {
        results = rd_kafka_CreateTopics_result_topics(made, &count);
    } else {
        results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    }
    for (std::size_t i = 0; i < count; ++i) {
        BOOST_TEST_REQUIRE(rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR,
                           rd_kafka_topic_result_error_string(results[i]));
    }
    rd_kafka_event_destroy(event);
}

void create(const std::string& name, int partitions) {
    const auto client = make_producer();
    const events::kafka::Queue queue(rd_kafka_queue_new(client.get()));
    std::array<char, 256> why{};
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(name.c_str(), partitions, 1, why.data(), why.size());
    BOOST_TEST_REQUIRE(topic != nullptr, why.data());
    rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue.get());
    expect_done(rd_kafka_queue_poll(queue.get(), kWaitMs));
    rd_kafka_NewTopic_destroy(topic);
}

void remove(const std::string& name) {
    const auto client = make_producer();
    const events::kafka::Queue queue(rd_kafka_queue_new(client.get()));
    rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
    rd_kafka_DeleteTopics(client.get(), &topic, 1, nullptr, queue.get());
    expect_done(rd_kafka_queue_poll(queue.get(), kWaitMs));
    rd_kafka_DeleteTopic_destroy(topic);
}

}  // namespace

boost::test_tools::assertion_result has_broker(boost::unit_test::test_unit_id /*unit*/) {
    boost::test_tools::assertion_result has(!brokers().empty());
    has.message() << "PARLOUR_KAFKA names no broker";
    return has;
}

events::KafkaConnection connection() {
    return {.brokers = brokers()};
}

Topics::Topics(std::uint16_t partitions)
    : name_("test-" + events::to_hex(events::random_id<events::Uuid>().view())) {
    for (const char* const kind : {".events", ".keys", ".files"}) create(name_ + kind, partitions);
}

void Topics::send(const std::string& topic,
                  events::Partition partition,
                  std::string_view key,
                  std::optional<std::string_view> value) const {
    const auto client = make_producer();
    const auto handle = events::kafka::make_topic(*client, name_ + topic);
    BOOST_TEST_REQUIRE(handle.has_value());
    const int sent = rd_kafka_produce(handle->get(),
                                      partition.value,
                                      RD_KAFKA_MSG_F_COPY,
                                      value ? const_cast<char*>(value->data()) : nullptr,
                                      value ? value->size() : 0,
                                      key.data(),
                                      key.size(),
                                      nullptr);
    BOOST_TEST_REQUIRE(sent == 0);
    BOOST_TEST_REQUIRE(rd_kafka_flush(client.get(), kWaitMs) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void Topics::make_anew(const std::string& topic, std::uint16_t partitions) const {
    remove(name_ + topic);
    create(name_ + topic, partitions);
}

std::uint64_t Topics::end_of(const std::string& topic, events::Partition partition) const {
    const auto client = make_producer();
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto asked = rd_kafka_query_watermark_offsets(
        client.get(), (name_ + topic).c_str(), partition.value, &low, &high, kWaitMs);
    BOOST_TEST_REQUIRE(asked == RD_KAFKA_RESP_ERR_NO_ERROR);
    return static_cast<std::uint64_t>(high);
}

Node::Node(const Topics& topics, NodeFolder folder) : topics_(topics), folder_(std::move(folder)) {
    if (folder_.path.empty()) folder_.path = dir_.path();
    restart();
}

void Node::restart(bool from_nothing) {
    keys.reset();
    log.reset();
    if (from_nothing) {
        std::filesystem::remove_all(folder_.path / "log");
        std::filesystem::remove_all(folder_.path / "keys");
    }
    auto opened = events::KafkaLog::open(folder_.path / "log",
                                         {.connection = connection(),
                                          .topics = topics_.name(),
                                          .keys = folder_.path / "keys",
                                          .reserve = {},
                                          .heartbeat = folder_.heartbeat,
                                          .keys_heartbeat = folder_.heartbeat,
                                          .on_grown = {},
                                          .on_failure = {}});
    BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().detail));
    log = *std::move(opened);
    auto ring = open_keys({});
    BOOST_TEST_REQUIRE(ring.has_value(), (ring ? "" : ring.error().detail));
    keys = *std::move(ring);
}

events::Result<std::unique_ptr<events::KeyRing>> Node::open_keys(
    const events::Key256& master) const {
    return log->open_keys(master, {});
}

events::Status Node::claim(events::Partition partition) {
    const auto before = log->history().claims(partition);
    BOOST_TEST_REQUIRE(before.has_value());
    std::uint64_t highest = 0;
    for (const auto& claim : *before) highest = std::max(highest, claim.claim.term.value);
    claim_ = {events::Term{highest + 1}, events::random_id<events::ClaimId>()};
    return append(partition, log_support::records(real_records::claim(claim_)));
}

events::Status Node::append(events::Partition partition, std::vector<events::Outgoing> records) {
    log_support::Completions completions;
    log->append(partition, std::move(records), completions.next());
    if (!completions.wait()) return events::fail(events::Errc::kUnavailable, "no completion");
    return completions.all().front().second;
}

KafkaEngine::KafkaEngine() {
    reopen();
}

KafkaEngine::KafkaEngine(const Topics& topics) : topics_(topics) {
    reopen();
}

events::KafkaLogOptions KafkaEngine::options() const {
    return {.connection = connection(),
            .topics = topics_.name(),
            .keys = {},
            .reserve = {.bytes = kReserve,
                        .free_bytes =
                            [this](const auto&) {
                                return std::optional<std::uint64_t>(full_ ? kReserve : kRoom);
                            },
                        .look_every = {}},
            .heartbeat = heartbeat,
            .on_grown = {},
            .on_failure = {}};
}

events::Result<std::unique_ptr<events::KafkaLog>> KafkaEngine::open() const {
    return events::KafkaLog::open(folder(), options());
}

void KafkaEngine::reopen() {
    kafka.reset();
    auto opened = open();
    BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().detail));
    kafka = *std::move(opened);
}

void KafkaEngine::reopen_from_nothing() {
    kafka.reset();
    std::filesystem::remove_all(folder());
    reopen();
}

}  // namespace kafka_support

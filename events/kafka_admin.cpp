#include "events/kafka_admin.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace events {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kErrorBytes = 512;
constexpr int kAskMs = 500;  // how long one question waits before what went wrong is looked at
constexpr auto kPatience = std::chrono::seconds(kAdminSeconds);
constexpr auto kToConnect = std::chrono::seconds(10);
// Before 2.6.1 the client library does SCRAM in a way that Kafka refuses from 4.0 on.
constexpr int kScramRight = 0x020601ff;

struct Free {
    void operator()(rd_kafka_NewTopic_t* topic) const noexcept { rd_kafka_NewTopic_destroy(topic); }
    void operator()(rd_kafka_DeleteTopic_t* topic) const noexcept {
        rd_kafka_DeleteTopic_destroy(topic);
    }
    void operator()(rd_kafka_ConfigResource_t* resource) const noexcept {
        rd_kafka_ConfigResource_destroy(resource);
    }
    void operator()(const rd_kafka_metadata_t* metadata) const noexcept {
        rd_kafka_metadata_destroy(metadata);
    }
};
using kafka::Event;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Free>;
using OldTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Free>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, Free>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Free>;

// What the client met while it tried to reach a broker.
struct Trouble {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string reason;

    // Nobody gets further by trying again.
    [[nodiscard]] bool is_final() const {
        return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
    }
};

// Called while the client is polled, by this thread.
void note_trouble(rd_kafka_t* /*client*/, int code, const char* reason, void* opaque) noexcept {
    auto& trouble = *static_cast<Trouble*>(opaque);
    const auto error = static_cast<rd_kafka_resp_err_t>(code);
    // That all brokers are down follows from what was said before it.
    const bool says_less = error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !trouble.reason.empty();
    if (!trouble.is_final() && !says_less) trouble = {.code = error, .reason = reason};
}

Error unreachable(const Trouble& trouble, const KafkaSecurity& security) {
    const bool scram = security.mechanism != KafkaMechanism::kPlain;
    std::string advice = "is kafka.protocol what the brokers speak there?";
    if (trouble.code == RD_KAFKA_RESP_ERR__SSL) {
        advice = "kafka.ca_file must hold who signed the brokers' certificate";
    } else if (trouble.code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        advice = "the brokers refuse kafka.user with the password of kafka.password_file";
        if (scram && rd_kafka_version() < kScramRight) {
            advice += fmt::format(
                "; librdkafka {} cannot log in by SCRAM to Kafka 4.0 or newer, whatever the "
                "password: take PLAIN over TLS, or librdkafka 2.6.1",
                rd_kafka_version_str());
        }
    }
    // Behind the parenthesis stands how long it took.
    const auto reason = trouble.reason.substr(0, trouble.reason.find(" (after "));
    return {
        Errc::kUnavailable,
        fmt::format(
            "no broker answers: {}: {}", reason.empty() ? "nothing was heard" : reason, advice)};
}

Error refused(rd_kafka_resp_err_t code, std::string_view what) {
    switch (code) {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            return {Errc::kInvalidArgument,
                    fmt::format("this user may not {}; ops/kafka/README.md lists the ACLs", what)};
        default:
            return {Errc::kUnavailable,
                    fmt::format("the cluster does not {}: {}", what, rd_kafka_err2str(code))};
    }
}

// `did`: what was to be done with each of the topics.
Status all_done(std::span<const rd_kafka_topic_result_t* const> results, std::string_view did) {
    for (const auto* const result : results) {
        const auto error = rd_kafka_topic_result_error(result);
        // Nodes that start together all make them: what one of the others made in between is there.
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR ||
            error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            continue;
        }
        return std::unexpected(
            refused(error, fmt::format("{} topic {}", did, rd_kafka_topic_result_name(result))));
    }
    return {};
}

TopicSettings settings_of(const rd_kafka_ConfigResource_t& resource) {
    std::size_t count = 0;
    const auto* const entries = rd_kafka_ConfigResource_configs(&resource, &count);
    TopicSettings settings;
    for (const auto* const entry : std::span(entries, count)) {
        const char* const value = rd_kafka_ConfigEntry_value(entry);
        if (value != nullptr) settings.emplace(rd_kafka_ConfigEntry_name(entry), value);
    }
    return settings;
}

TopicFound found_of(const rd_kafka_metadata_topic& topic) {
    TopicFound found{.partitions = topic.partition_cnt, .replicas = 0, .settings = {}};
    const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
    if (!partitions.empty()) {
        found.replicas = std::ranges::min(partitions, {}, [](const auto& partition) {
                             return partition.replica_cnt;
                         }).replica_cnt;
    }
    return found;
}

bool has_leaders(const rd_kafka_metadata_topic& topic) {
    const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
    return topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && !partitions.empty() &&
           std::ranges::all_of(partitions, [](const auto& part) { return part.leader >= 0; });
}

std::span<const rd_kafka_metadata_topic> topics_of(const rd_kafka_metadata_t& metadata) {
    return {metadata.topics, static_cast<std::size_t>(metadata.topic_cnt)};
}

Result<NewTopic> new_topic(const TopicWanted& wanted, const TopicSettings& other) {
    std::array<char, kErrorBytes> why{};
    NewTopic topic(rd_kafka_NewTopic_new(
        wanted.name.data(), wanted.partitions, wanted.replicas, why.data(), why.size()));
    if (!topic) return fail(Errc::kInvalidArgument, why.data());
    TopicSettings settings = other;
    for (const auto& setting : wanted.settings) {
        settings.emplace(setting.name, setting.value);
    }
    for (const auto& [name, value] : settings) {
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    }
    return topic;
}

}  // namespace

// The client, and what went wrong with it so far.
struct KafkaAdmin::Session {
    std::unique_ptr<Trouble> trouble = std::make_unique<Trouble>();
    KafkaSecurity security;
    kafka::Client client;

    Result<Metadata> metadata();
    // Asks by `ask`, which is handed a queue, and gives the answer once it is there.
    template <class Ask>
    Result<Event> answer_to(std::string_view what, const Ask& ask);
    Result<TopicSettings> settings(rd_kafka_ResourceType_t type, const std::string& name);
    Status wait_for_leaders(const std::vector<std::string>& topics);
};

Result<Metadata> KafkaAdmin::Session::metadata() {
    const auto end = Clock::now() + kToConnect;
    while (true) {
        const rd_kafka_metadata_t* metadata = nullptr;
        const auto error = rd_kafka_metadata(client.get(), 1, nullptr, &metadata, kAskMs);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Metadata(metadata);
        rd_kafka_poll(client.get(), 0);
        if (trouble->is_final() || Clock::now() > end) {
            return std::unexpected(unreachable(*trouble, security));
        }
    }
}

template <class Ask>
Result<Event> KafkaAdmin::Session::answer_to(std::string_view what, const Ask& ask) {
    const kafka::Queue queue(rd_kafka_queue_new(client.get()));
    ask(queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), kAdminSeconds * 1000));
    if (!event) return std::unexpected(refused(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
    const auto error = rd_kafka_event_error(event.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(refused(error, what));
    return event;
}

Result<TopicSettings> KafkaAdmin::Session::settings(rd_kafka_ResourceType_t type,
                                                    const std::string& name) {
    const auto what = fmt::format(
        "tell the settings of {} {}", type == RD_KAFKA_RESOURCE_TOPIC ? "topic" : "broker", name);
    const Resource asked(rd_kafka_ConfigResource_new(type, name.c_str()));
    auto event = answer_to(what, [&](rd_kafka_queue_t* queue) {
        auto* resource = asked.get();
        rd_kafka_DescribeConfigs(client.get(), &resource, 1, nullptr, queue);
    });
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto* const resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event->get()), &count);
    if (count != 1) return std::unexpected(refused(RD_KAFKA_RESP_ERR__BAD_MSG, what));
    const auto error = rd_kafka_ConfigResource_error(resources[0]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(refused(error, what));
    return settings_of(*resources[0]);
}

Status KafkaAdmin::Session::wait_for_leaders(const std::vector<std::string>& topics) {
    const auto end = Clock::now() + kPatience;
    while (true) {
        const auto known = metadata();
        if (!known) return std::unexpected(known.error());
        const auto has_all = std::ranges::all_of(topics, [&](const std::string& name) {
            return std::ranges::any_of(topics_of(**known), [&](const auto& topic) {
                return topic.topic == name && has_leaders(topic);
            });
        });
        if (has_all) return {};
        if (Clock::now() > end) {
            return fail(Errc::kUnavailable, "the topics are made, but not every partition leads");
        }
        rd_kafka_poll(client.get(), kAskMs / 5);
    }
}

KafkaAdmin::KafkaAdmin(std::shared_ptr<Session> session) : session_(std::move(session)) {}

Result<KafkaAdmin> KafkaAdmin::connect(const KafkaConnection& connection) {
    auto conf = kafka::make_conf(connection, {});
    if (!conf) return std::unexpected(conf.error());
    auto session = std::make_shared<Session>();
    session->security = connection.security;
    rd_kafka_conf_set_error_cb(conf->get(), note_trouble);
    rd_kafka_conf_set_opaque(conf->get(), session->trouble.get());
    auto client = kafka::make_client(kafka::Kind::kProducer, *std::move(conf));
    if (!client) return std::unexpected(client.error());
    session->client = *std::move(client);
    if (auto reached = session->metadata(); !reached) return std::unexpected(reached.error());
    return KafkaAdmin(std::move(session));
}

Result<ClusterFound> KafkaAdmin::describe(const TopicsAsked& asked) {
    const auto metadata = session_->metadata();
    if (!metadata) return std::unexpected(metadata.error());
    ClusterFound found;
    const std::span brokers((*metadata)->brokers,
                            static_cast<std::size_t>((*metadata)->broker_cnt));
    for (const auto& broker : brokers) {
        auto settings = session_->settings(RD_KAFKA_RESOURCE_BROKER, std::to_string(broker.id));
        if (!settings) return std::unexpected(settings.error());
        found.brokers.emplace(broker.id, *std::move(settings));
    }
    for (const auto& wanted : topics_wanted(asked, static_cast<int>(brokers.size()))) {
        const std::string name(wanted.name);
        const auto topics = topics_of(**metadata);
        const auto topic =
            std::ranges::find_if(topics, [&](const auto& one) { return one.topic == name; });
        if (topic == topics.end()) continue;
        auto settings = session_->settings(RD_KAFKA_RESOURCE_TOPIC, name);
        if (!settings) return std::unexpected(settings.error());
        auto& has = found.topics.emplace(name, found_of(*topic)).first->second;
        has.settings = *std::move(settings);
    }
    return found;
}

Result<std::vector<std::string>> KafkaAdmin::create(const TopicsAsked& asked,
                                                    const TopicSettings& other) {
    const auto found = describe(asked);
    if (!found) return std::unexpected(found.error());
    auto missing = topics_wanted(asked, static_cast<int>(found->brokers.size()));
    std::erase_if(missing,
                  [&](const TopicWanted& one) { return found->topics.contains(one.name); });
    std::vector<std::string> names;
    for (const auto& wanted : missing) names.emplace_back(wanted.name);
    if (auto made = make(missing, other); !made) return std::unexpected(made.error());
    return names;
}

Status KafkaAdmin::make(const std::vector<TopicWanted>& wanted, const TopicSettings& other) {
    std::vector<std::string> names;
    std::vector<NewTopic> topics;
    std::vector<rd_kafka_NewTopic_t*> borrowed;
    for (const auto& one : wanted) {
        auto topic = new_topic(one, other);
        if (!topic) return std::unexpected(topic.error());
        names.emplace_back(one.name);
        borrowed.push_back(topics.emplace_back(*std::move(topic)).get());
    }
    if (names.empty()) return {};
    auto event = session_->answer_to("make topics", [&](rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(
            session_->client.get(), borrowed.data(), borrowed.size(), nullptr, queue);
    });
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto* const results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event->get()), &count);
    if (auto done = all_done(std::span(results, count), "make"); !done) return done;
    return session_->wait_for_leaders(names);
}

Status KafkaAdmin::remove(const std::vector<std::string>& names) {
    std::vector<OldTopic> topics;
    std::vector<rd_kafka_DeleteTopic_t*> borrowed;
    for (const auto& name : names) {
        borrowed.push_back(topics.emplace_back(rd_kafka_DeleteTopic_new(name.c_str())).get());
    }
    auto event = session_->answer_to("remove topics", [&](rd_kafka_queue_t* queue) {
        rd_kafka_DeleteTopics(
            session_->client.get(), borrowed.data(), borrowed.size(), nullptr, queue);
    });
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto* const results = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event->get()), &count);
    return all_done(std::span(results, count), "remove");
}

Result<std::vector<TopicFault>> check_topics(const KafkaConnection& connection,
                                             const TopicsAsked& asked) {
    auto admin = KafkaAdmin::connect(connection);
    if (!admin) return std::unexpected(admin.error());
    const auto found = admin->describe(asked);
    if (!found) return std::unexpected(found.error());
    return faults_of(*found, asked);
}

}  // namespace events

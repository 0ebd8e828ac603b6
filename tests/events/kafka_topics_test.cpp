#include "events/kafka_topics.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "events/kafka_client.hpp"

using events::ClusterFound;
using events::faults_of;
using events::Fit;
using events::SettingWanted;
using events::TopicFault;
using events::topics_wanted;

namespace {

constexpr int kPartitions = 8;

// A cluster with everything as it should be.
ClusterFound right(int brokers) {
    ClusterFound cluster;
    for (int id = 1; id <= brokers; ++id) {
        for (const auto& setting : events::broker_settings_wanted()) {
            cluster.brokers[id].emplace(setting.name, setting.value);
        }
    }
    for (const auto& wanted : topics_wanted({.partitions = kPartitions}, brokers)) {
        auto& topic = cluster.topics[std::string(wanted.name)];
        topic = {.partitions = wanted.partitions, .replicas = wanted.replicas, .settings = {}};
        for (const auto& setting : wanted.settings) {
            topic.settings.emplace(setting.name, setting.value);
        }
    }
    return cluster;
}

std::vector<std::string> said_of(const ClusterFound& cluster, bool strict = false) {
    std::vector<std::string> lines;
    for (const auto& fault : faults_of(cluster, {.partitions = kPartitions, .strict = strict})) {
        BOOST_TEST(!fault.danger.empty(), fault.where + ": " + fault.what);
        lines.push_back(fault.where + ": " + fault.what);
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_topics)

BOOST_AUTO_TEST_CASE(what_is_made_is_what_is_asked_for) {
    for (const int brokers : {1, 2, 3, 5}) BOOST_TEST(said_of(right(brokers)).empty(), brokers);
}

// CPL 1.7: acknowledged is not synced, so one broker alone must sync each batch.
BOOST_AUTO_TEST_CASE(one_replica_must_sync_and_three_must_be_two_in_sync) {
    auto one = right(1);
    one.topics["parlour.keys"].settings.erase("flush.messages");
    BOOST_TEST(said_of(one) == Lines{"parlour.keys: flush.messages is not told, must be 1"});
    auto three = right(3);
    three.topics["parlour.keys"].settings["min.insync.replicas"] = "1";
    BOOST_TEST(said_of(three) ==
               Lines{"parlour.keys: min.insync.replicas is 1, must be at least 2"});
    three = right(3);
    three.topics["parlour.keys"].replicas = 1;
    BOOST_TEST(said_of(three) == Lines{"parlour.keys: has 1 replica, must have 3"});
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_missing_is_one_fault) {
    auto cluster = right(1);
    cluster.topics.erase("parlour.files");
    BOOST_TEST(said_of(cluster) ==
               Lines{"parlour.files: is not there, or this user may not see it"});
}

BOOST_AUTO_TEST_CASE(a_refusal_tells_the_first_danger_every_name_and_what_to_do) {
    auto cluster = right(1);
    cluster.topics.erase("parlour.events");
    cluster.topics["parlour.keys"].settings["cleanup.policy"] = "delete";
    cluster.topics["parlour.keys"].settings["segment.ms"] = "604800000";
    BOOST_TEST(refusal_of(faults_of(cluster, {.partitions = kPartitions})) ==
               "parlour.events: is not there, or this user may not see it: `parlour topics create` "
               "makes it; brokers must not make it by themselves (3 differences at "
               "parlour.events, parlour.keys; `parlour topics create` makes what is missing, "
               "`parlour topics check` names the rest)");
}

BOOST_AUTO_TEST_CASE(another_number_of_partitions_is_a_fault) {
    auto cluster = right(1);
    cluster.topics["parlour.events"].partitions = kPartitions + 1;
    BOOST_TEST(said_of(cluster) == Lines{"parlour.events: has 9 partitions, must have 8"});
}

// CPL 1.2: each of these alone takes away the bound of erasure, or history itself.
BOOST_AUTO_TEST_CASE(every_setting_that_matters_is_looked_at) {
    const auto wanted = topics_wanted({.partitions = kPartitions}, 1);
    for (const auto& topic : wanted) {
        for (const auto& setting : topic.settings) {
            auto cluster = right(1);
            auto& value =
                cluster.topics[std::string(topic.name)].settings[std::string(setting.name)];
            value = setting.fit == Fit::kAtMost ? "99999999999" : "0.5";
            const auto said = said_of(cluster);
            BOOST_TEST_REQUIRE(said.size() == 1U, topic.name << " " << setting.name);
            BOOST_TEST(said[0].starts_with(std::string(topic.name) + ": " +
                                           std::string(setting.name) + " is " + value));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_broker_that_makes_topics_by_itself_is_a_fault) {
    auto cluster = right(3);
    cluster.brokers[2]["auto.create.topics.enable"] = "true";
    BOOST_TEST(said_of(cluster) ==
               Lines{"broker 2: auto.create.topics.enable is true, must be false"});
}

BOOST_AUTO_TEST_CASE(a_stricter_value_will_do) {
    auto cluster = right(1);
    for (const auto* const name : {"max.compaction.lag.ms", "segment.ms"}) {
        cluster.topics["parlour.events"].settings[name] = "3000";
        cluster.topics["parlour.files"].settings[name] = "3000";
    }
    BOOST_TEST(said_of(cluster).empty());
    BOOST_TEST(said_of(cluster, true).empty());
}

BOOST_AUTO_TEST_CASE(the_strict_profile_asks_for_shorter_lags) {
    BOOST_TEST(said_of(right(1), true).size() == 4U);  // two settings of two topics
}

BOOST_AUTO_TEST_CASE(numbers_compare_as_numbers_and_words_exactly) {
    const SettingWanted ratio{.name = "r", .value = "0.10", .fit = Fit::kAtMost, .danger = {}};
    BOOST_TEST(events::fits(ratio, "0.1"));
    BOOST_TEST(events::fits(ratio, "0.05"));
    BOOST_TEST(!events::fits(ratio, "0.5"));
    BOOST_TEST(!events::fits(ratio, ""));
    BOOST_TEST(!events::fits(ratio, "0.05x"));
    const SettingWanted policy{.name = "p", .value = "compact", .fit = {}, .danger = {}};
    BOOST_TEST(events::fits(policy, "compact"));
    BOOST_TEST(!events::fits(policy, "compact,delete"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(kafka_client)

BOOST_AUTO_TEST_CASE(an_address_names_brokers_and_nothing_else) {
    const auto parsed = events::parse_kafka_url("kafka://one:9092,two:9092");
    BOOST_TEST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->brokers == "one:9092,two:9092");
    for (const auto* const wrong :
         {"", "kafka://", "one:9092", "http://one:9092", "kafka://u:p@one:1", "kafka://one:1/x"}) {
        BOOST_TEST(!events::parse_kafka_url(wrong).has_value(), wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_log_in_without_a_password_that_can_be_read_is_refused_without_telling_it) {
    events::KafkaSecurity security{.protocol = events::KafkaProtocol::kSaslSsl, .user = "u"};
    BOOST_TEST((events::client_settings(security).error().code == events::Errc::kInvalidArgument));
    security.password_file = "/does/not/exist";
    const auto settings = events::client_settings(security);
    BOOST_TEST((settings.error().code == events::Errc::kNotFound));
    BOOST_TEST(settings.error().detail.contains("/does/not/exist"));
}

BOOST_AUTO_TEST_CASE(the_librarys_settings_follow_the_protocol) {
    const auto plain = events::client_settings({});
    BOOST_TEST_REQUIRE(plain.has_value());
    BOOST_TEST_REQUIRE(plain->size() == 1U);
    BOOST_TEST(plain->front().second == "plaintext");
    const auto tls = events::client_settings(
        {.protocol = events::KafkaProtocol::kSsl, .ca_file = "ca.pem", .certificate = "c.pem"});
    BOOST_TEST_REQUIRE(tls.has_value());
    const auto has = [&](const char* name, const char* value) {
        return std::ranges::find(*tls, std::pair<std::string, std::string>(name, value)) !=
               tls->end();
    };
    // Without it any certificate of that authority would do for any host.
    BOOST_TEST(has("ssl.endpoint.identification.algorithm", "https"));
    BOOST_TEST(has("ssl.ca.location", "ca.pem"));
    BOOST_TEST(has("ssl.certificate.location", "c.pem"));
}

BOOST_AUTO_TEST_SUITE_END()

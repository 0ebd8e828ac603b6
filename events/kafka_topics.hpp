#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

// The topics that Parlour needs of a Kafka cluster, each setting with what happens without it, and
// the comparison with what a cluster has. Asks no broker: that is kafka_admin's.
namespace events {

inline constexpr int kTopicPartitions = 64;
inline constexpr int kTopicPartitionsMax = 1024;

using TopicSettings = std::map<std::string, std::string, std::less<>>;

enum class Fit { kExactly, kAtMost, kAtLeast };

struct SettingWanted {
    std::string_view name;
    std::string value;
    Fit fit = Fit::kExactly;
    std::string_view danger;  // of another value
};

struct TopicWanted {
    std::string_view name;
    int partitions = kTopicPartitions;
    int replicas = 1;
    std::vector<SettingWanted> settings;
};

struct TopicFound {
    int partitions = 0;
    int replicas = 0;  // of the partition that has the fewest
    TopicSettings settings;
};

struct ClusterFound {
    std::map<int, TopicSettings> brokers;  // by their number
    std::map<std::string, TopicFound, std::less<>> topics;
};

// "parlour.keys: segment.ms is 604800000, must be at most 180000: ..."
struct TopicFault {
    std::string where;  // a topic or "broker N"
    std::string what;
    std::string_view danger;
};

struct TopicsAsked {
    int partitions = kTopicPartitions;
    bool strict = false;  // erased bytes are gone within 24 instead of 72 hours
};

// The topics for a cluster of so many brokers: three replicas where there are three, else one whose
// every batch is synced. `parlour.events`, `.keys`, `.files` and `.analytics`, in this order.
std::vector<TopicWanted> topics_wanted(const TopicsAsked& asked, int brokers);

// What a broker must have, whatever its topics say.
std::vector<SettingWanted> broker_settings_wanted();

// Whether a value will do. Numbers compare as numbers; a value that is no number fits only exactly.
bool fits(const SettingWanted& wanted, std::string_view value);

// Every difference, in the order of topics_wanted, brokers last. Empty: the cluster is right.
std::vector<TopicFault> faults_of(const ClusterFound& found, const TopicsAsked& asked);

// Why a node does not start over such a cluster, in one line: the first fault with its danger,
// every topic and broker that has one, and what to do. Of at least one fault.
std::string refusal_of(const std::vector<TopicFault>& faults);

}  // namespace events

#include "events/kafka_topics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "events/record.hpp"

namespace events {
namespace {

constexpr long kSecondMs = 1000;
constexpr long kHourMs = 3600 * kSecondMs;
constexpr long kDayMs = 24 * kHourMs;
constexpr long kSegmentBytes = 256L << 20U;
constexpr int kReplicas = 3;
// A record's frame, and what Kafka's batch puts around it.
constexpr long kMessageBytes = static_cast<long>(kRecordBytesMax) + 4096;

SettingWanted exactly(std::string_view name, std::string value, std::string_view danger) {
    return {.name = name, .value = std::move(value), .fit = Fit::kExactly, .danger = danger};
}

SettingWanted at_most(std::string_view name, long value, std::string_view danger) {
    return {.name = name, .value = std::to_string(value), .fit = Fit::kAtMost, .danger = danger};
}

SettingWanted at_least(std::string_view name, long value, std::string_view danger) {
    return {.name = name, .value = std::to_string(value), .fit = Fit::kAtLeast, .danger = danger};
}

// What differs between the compacted topics.
struct Cleaning {
    long lag_ms;  // how long a value that was superseded may stay before it is to be cleaned
    long spared_ms;
    std::string ratio;
    long delete_delay_ms;
};

std::vector<SettingWanted> compacted(const Cleaning& cleaning) {
    return {
        exactly("cleanup.policy",
                "compact",
                "delete would drop history by age, and without compact erased bytes stay for ever"),
        at_most("max.compaction.lag.ms",
                cleaning.lag_ms,
                "nothing bounds how long erased bytes stay on the brokers' disks"),
        at_most("segment.ms",
                cleaning.lag_ms,
                "the segment being written is never cleaned, so erased bytes wait in it"),
        at_most("segment.bytes", kSegmentBytes, "a cleaning copies longer, and others wait for it"),
        exactly("segment.jitter.ms", "0", "the bound of erasure is computed without it"),
        {.name = "min.cleanable.dirty.ratio",
         .value = cleaning.ratio,
         .fit = Fit::kAtMost,
         .danger = "a partition is cleaned late and then takes long"},
        at_most("min.compaction.lag.ms",
                cleaning.spared_ms,
                "erased bytes are spared that much longer"),
        at_least("delete.retention.ms",
                 7 * kDayMs,
                 "a replica that was away for longer keeps what the others have removed"),
        at_most("file.delete.delay.ms",
                cleaning.delete_delay_ms,
                "cleaned files stay on the disk that much longer"),
        exactly("retention.ms", "-1", "a change of cleanup.policy would delete history by age"),
        exactly("retention.bytes", "-1", "a change of cleanup.policy would delete history by size"),
        exactly("remote.storage.enable",
                "false",
                "bytes in tiered storage are never compacted, so never erased"),
    };
}

std::vector<SettingWanted> deleted_after(long days) {
    return {
        exactly("cleanup.policy",
                "delete",
                "the feed is pseudonymous only if it goes with its keys, by age"),
        at_most("retention.ms", days * kDayMs, "the feed stays longer than receipts say"),
        at_most("segment.ms", kDayMs, "the segment being written is not deleted by age"),
    };
}

std::vector<SettingWanted> common(int replicas) {
    std::vector<SettingWanted> out{
        exactly("unclean.leader.election.enable",
                "false",
                "a replica that is behind may become leader: acknowledged records are lost"),
        exactly("compression.type", "producer", "the broker compresses anew what comes compressed"),
        at_least("max.message.bytes", kMessageBytes, "the largest records are refused"),
    };
    if (replicas == 1) {
        out.push_back(exactly("flush.messages",
                              "1",
                              "one replica and no sync: a power cut loses acknowledged records"));
        out.push_back(at_most("min.insync.replicas", 1, "no write is ever acknowledged"));
    } else {
        out.push_back(
            at_least("min.insync.replicas", 2, "a record is acknowledged that one disk alone has"));
    }
    return out;
}

TopicWanted topic(std::string_view name,
                  std::vector<SettingWanted> settings,
                  const TopicsAsked& asked,
                  int replicas) {
    TopicWanted out{.name = name, .partitions = asked.partitions, .replicas = replicas};
    out.settings = std::move(settings);
    for (auto& setting : common(replicas)) out.settings.push_back(std::move(setting));
    return out;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view words_of(Fit fit) {
    switch (fit) {
        case Fit::kExactly:
            return "";
        case Fit::kAtMost:
            return "at most ";
        case Fit::kAtLeast:
            return "at least ";
    }
    return {};
}

class Comparison {
  public:
    void settings(const std::string& where,
                  const std::vector<SettingWanted>& wanted,
                  const TopicSettings& found) {
        for (const auto& setting : wanted) {
            const auto has = found.find(setting.name);
            if (has != found.end() && fits(setting, has->second)) continue;
            fault(where,
                  fmt::format("{} is {}, must be {}{}",
                              setting.name,
                              has == found.end() ? "not told" : has->second,
                              words_of(setting.fit),
                              setting.value),
                  setting.danger);
        }
    }

    void topic(const TopicWanted& wanted, const ClusterFound& cluster) {
        const std::string where(wanted.name);
        const auto found = cluster.topics.find(wanted.name);
        if (found == cluster.topics.end()) {
            fault(where,
                  "is not there, or this user may not see it",
                  "`parlour topics create` makes it; brokers must not make it by themselves");
            return;
        }
        const auto& has = found->second;
        if (has.partitions != wanted.partitions) {
            fault(where,
                  fmt::format("has {} partitions, must have {}", has.partitions, wanted.partitions),
                  "a company's partition is its hash modulo their number: others find nothing");
        }
        if (has.replicas < wanted.replicas) {
            fault(where,
                  fmt::format("has {} replica{}, must have {}",
                              has.replicas,
                              has.replicas == 1 ? "" : "s",
                              wanted.replicas),
                  "the loss of few disks is the loss of history");
        }
        settings(where, wanted.settings, has.settings);
    }

    std::vector<TopicFault> faults;

  private:
    void fault(std::string where, std::string what, std::string_view danger) {
        faults.push_back({.where = std::move(where), .what = std::move(what), .danger = danger});
    }
};

}  // namespace

std::vector<TopicWanted> topics_wanted(const TopicsAsked& asked, int brokers) {
    const int replicas = brokers >= kReplicas ? kReplicas : 1;
    const Cleaning log{.lag_ms = asked.strict ? 6 * kHourMs : kDayMs,
                       .spared_ms = 600 * kSecondMs,
                       .ratio = "0.1",
                       .delete_delay_ms = 60 * kSecondMs};
    const Cleaning keys{.lag_ms = 180 * kSecondMs,
                        .spared_ms = 0,
                        .ratio = "0.01",
                        .delete_delay_ms = 10 * kSecondMs};
    const auto broker_time = exactly("message.timestamp.type",
                                     "LogAppendTime",
                                     "a node with a wrong clock decides when bytes are erased");
    // The exact time of a record would undo that its events name only the minute.
    const auto own_time = exactly("message.timestamp.type",
                                  "CreateTime",
                                  "the broker's clock would tell more than the minute");
    auto of_log = compacted(log);
    of_log.push_back(broker_time);
    auto of_keys = compacted(keys);
    of_keys.push_back(broker_time);
    auto of_feed = deleted_after(30);
    of_feed.push_back(own_time);
    return {topic("parlour.events", of_log, asked, replicas),
            topic("parlour.keys", std::move(of_keys), asked, replicas),
            topic("parlour.files", of_log, asked, replicas),
            topic("parlour.analytics", std::move(of_feed), asked, replicas)};
}

std::vector<SettingWanted> broker_settings_wanted() {
    return {exactly("auto.create.topics.enable",
                    "false",
                    "a topic that is asked for too early is made with the wrong settings"),
            exactly("log.cleaner.enable", "true", "no topic is compacted: nothing is ever erased")};
}

bool fits(const SettingWanted& wanted, std::string_view value) {
    const auto limit = number(wanted.value);
    const auto has = number(value);
    if (!limit || !has) return value == wanted.value;
    switch (wanted.fit) {
        case Fit::kExactly:
            return *has == *limit;
        case Fit::kAtMost:
            return *has <= *limit;
        case Fit::kAtLeast:
            return *has >= *limit;
    }
    return false;
}

std::vector<TopicFault> faults_of(const ClusterFound& found, const TopicsAsked& asked) {
    Comparison comparison;
    for (const auto& wanted : topics_wanted(asked, static_cast<int>(found.brokers.size()))) {
        comparison.topic(wanted, found);
    }
    for (const auto& [id, settings] : found.brokers) {
        comparison.settings(fmt::format("broker {}", id), broker_settings_wanted(), settings);
    }
    return std::move(comparison.faults);
}

std::string refusal_of(const std::vector<TopicFault>& faults) {
    std::vector<std::string_view> names;
    for (const auto& fault : faults) {
        if (std::ranges::find(names, fault.where) == names.end()) names.push_back(fault.where);
    }
    const auto& [where, what, danger] = faults.front();
    return fmt::format(
        "{}: {}: {} ({} difference{} at {}; `parlour topics create` makes what is missing, "
        "`parlour topics check` names the rest)",
        where,
        what,
        danger,
        faults.size(),
        faults.size() == 1 ? "" : "s",
        fmt::join(names, ", "));
}

}  // namespace events

#include "ops/topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "events/kafka_admin.hpp"
#include "ops/cli.hpp"
#include "ops/kafka_options.hpp"

namespace ops {
namespace {

constexpr std::string_view kName = "topics";

Subcommand describe() {
    return {.name = std::string(kName),
            .usage = "check|create --log kafka://HOST:PORT,... [--config FILE]",
            .about =
                "check compares the topics of a Kafka cluster with what Parlour needs, and says\n"
                "what each difference endangers: exit code 1 when there is one. create makes the\n"
                "topics that are missing, and changes none that is there.",
            .positional = "ACTION",
            .options = {{"log", "kafka://HOST:PORT,...", "the cluster"},
                        {"config", "FILE", "a configuration file: its [kafka] says how to log in"},
                        {"partitions", "N", "of each topic (default 64); never to be changed"},
                        {"strict", "", "erased bytes are to go within 24 instead of 72 hours"},
                        {"set", "KEY=VALUE,...", "create: settings other than the usual ones"}}};
}

// KEY=VALUE,KEY=VALUE.
events::TopicSettings settings_of(const std::string& text) {
    events::TopicSettings settings;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(',', begin), text.size());
        const auto part = text.substr(begin, end - begin);
        const auto equals = part.find('=');
        if (equals == 0 || equals == std::string::npos) {
            throw UsageError("--set wants KEY=VALUE,KEY=VALUE,...");
        }
        settings.emplace(part.substr(0, equals), part.substr(equals + 1));
        begin = end + 1;
    }
    return settings;
}

int check(const events::KafkaConnection& connection, const events::TopicsAsked& asked) {
    const auto faults = events::check_topics(connection, asked);
    if (!faults) return fail_with("topics check", faults.error().detail);
    for (const auto& [where, what, danger] : *faults) {
        fmt::print("{}: {}: {}\n", where, what, danger);
    }
    if (faults->empty()) {
        fmt::print("the topics are right\n");
        return kExitOk;
    }
    return fail_with(
        "topics check",
        fmt::format("{} difference{}", faults->size(), faults->size() == 1 ? "" : "s"));
}

int create(const events::KafkaConnection& connection,
           const events::TopicsAsked& asked,
           const events::TopicSettings& other) {
    auto admin = events::KafkaAdmin::connect(connection);
    if (!admin) return fail_with("topics create", admin.error().detail);
    const auto made = admin->create(asked, other);
    if (!made) return fail_with("topics create", made.error().detail);
    for (const auto& name : *made) fmt::print("made {}\n", name);
    if (made->empty()) fmt::print("all topics were there; see `parlour topics check`\n");
    return kExitOk;
}

int run(const Arguments& arguments) {
    const auto& action = arguments.positional();
    const bool checks = action == std::vector<std::string>{"check"};
    if (!checks && action != std::vector<std::string>{"create"}) {
        throw UsageError("the action is check or create");
    }
    const auto connection = kafka_connection(arguments);
    const events::TopicsAsked asked{
        .partitions = static_cast<int>(
            arguments
                .count("partitions", {.min = 1, .max = std::uint64_t{events::kTopicPartitionsMax}})
                .value_or(events::kTopicPartitions)),
        .strict = arguments.has("strict")};
    if (checks) return check(connection, asked);
    const auto other = arguments.text("set");
    return create(connection, asked, other ? settings_of(*other) : events::TopicSettings{});
}

}  // namespace

int run_topics(std::span<char* const> args) {
    return run_subcommand(describe(), args, run);
}

}  // namespace ops

#include "ops/kafka_options.hpp"

#include <fmt/format.h>

#include "ops/config.hpp"

namespace ops {

events::KafkaConnection kafka_connection(const Arguments& arguments, const std::string& option) {
    auto connection = events::parse_kafka_url(arguments.required(option));
    if (!connection) {
        throw UsageError(fmt::format("--{}: {}", option, connection.error().detail));
    }
    if (const auto file = arguments.text("config")) {
        auto source = read_config(*file);
        check_together(source);
        check_files(source);
        if (!source.faults.empty()) {
            const auto& [where, what, line] = source.faults.front();
            throw UsageError(fmt::format("{}: {}", where, what));
        }
        connection->security = source.config.kafka;
    }
    return *std::move(connection);
}

}  // namespace ops

#pragma once

#include "events/kafka_client.hpp"
#include "ops/cli.hpp"

namespace ops {

// The cluster that a subcommand's --log names (or another option of that form), and how --config,
// where it is given, says to log in. Throws UsageError.
events::KafkaConnection kafka_connection(const Arguments& arguments,
                                         const std::string& option = "log");

}  // namespace ops

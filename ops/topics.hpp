#pragma once

#include <span>

namespace ops {

// parlour topics check|create: holds a Kafka cluster's topics against what Parlour needs, or makes
// those that are missing.
int run_topics(std::span<char* const> args);

}  // namespace ops

#pragma once

#include <span>

namespace ops {

// parlour migrate: an embedded installation moves to Kafka, and the proof that all of it is there.
int run_migrate(std::span<char* const> args);

}  // namespace ops

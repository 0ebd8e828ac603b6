#pragma once

#include <span>

namespace ops {

// parlour schema: the JSON Schema of the analytics feed, as schemas/analytics.schema.json has it.
int run_schema(std::span<char* const> args);

}  // namespace ops

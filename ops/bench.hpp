#pragma once

#include <span>

namespace ops {

// parlour bench: measures a job beside its floor.
int run_bench(std::span<char* const> args);

}  // namespace ops

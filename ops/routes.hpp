#pragma once

#include <span>

namespace ops {

// parlour routes: what this program answers, one route a line, as METHOD, pattern and for whom.
int run_routes(std::span<char* const> args);

}  // namespace ops

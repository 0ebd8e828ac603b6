#pragma once

#include <span>

namespace ops {

// parlour serve: the server, until SIGINT or SIGTERM.
int run_serve(std::span<char* const> args);

}  // namespace ops

#pragma once

#include <span>

// `parlour stats`: how much a data folder holds. Reads beside a running server and needs no keys.
namespace ops {

// The subcommand; `args` without program and subcommand. Gives the exit code.
int run_stats(std::span<char* const> args);

}  // namespace ops

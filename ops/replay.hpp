#pragma once

#include <span>

// `parlour replay`: every event of a tenant in order, each commit checked against its commitment
// and the order checked for gaps. Reads beside a running server; personal fields stay sealed unless
// asked.
namespace ops {

// The subcommand; `args` without program and subcommand. Gives the exit code: kExitViolation when
// the history is not what was written.
int run_replay(std::span<char* const> args);

}  // namespace ops

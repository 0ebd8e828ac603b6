#pragma once

#include <span>
#include <string_view>

#include "ops/config.hpp"

namespace ops {

// parlour config check: every key with its value and default, and every fault.
int run_config(std::span<char* const> args);

// A line on stderr for each fault; gives kExitFailed. Throws UsageError for one of the command
// line, behind those of the file. There must be one.
int refuse(std::string_view subcommand, const ConfigSource& source);

}  // namespace ops

#pragma once

#include <span>

namespace ops {

// parlour tenant create: founds a company in a data folder that nobody serves, and prints the link
// by which its first admin joins.
int run_tenant(std::span<char* const> args);

}  // namespace ops

#pragma once

#include <span>

namespace ops {

// parlour rebuild: the views of a data folder that nobody serves, made anew from its log.
int run_rebuild(std::span<char* const> args);

}  // namespace ops

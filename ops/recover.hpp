#pragma once

#include <span>

namespace ops {

// parlour recover: writes the master key file from the recovery key that the first start showed.
int run_recover(std::span<char* const> args);

}  // namespace ops

#pragma once

#include <span>

// What an operator does against an account or a token in wrong hands, and for people who are locked
// out, on a data folder that nobody serves.
namespace ops {

// parlour admin lock, parlour admin unlock
int run_admin(std::span<char* const> args);
// parlour token revoke
int run_token(std::span<char* const> args);

}  // namespace ops

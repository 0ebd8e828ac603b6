#pragma once

#include <span>

// What an operator does for people who are locked out, and against a token in wrong hands, on a
// data folder that nobody serves.
namespace ops {

// parlour admin unlock
int run_admin(std::span<char* const> args);
// parlour token revoke
int run_token(std::span<char* const> args);

}  // namespace ops

#pragma once

#include <exception>

// toml++ 3.3, whose assertions a file can break ("[" and no key behind it): here that is a fault of
// the file, told by an exception, never the end of the program.
namespace ops {

struct NotToml final : std::exception {};

inline void require_toml(bool holds) {
    if (!holds) throw NotToml();
}

}  // namespace ops

#define TOML_ASSERT(expr) ::ops::require_toml(static_cast<bool>(expr))
#include <toml++/toml.h>

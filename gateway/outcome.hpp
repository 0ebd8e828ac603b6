#pragma once

#include <expected>
#include <string_view>

#include "gateway/http.hpp"
#include "gateway/problem.hpp"

// A step of a route: what it found, or the problem document that ends the request.
namespace gateway {

template <class T>
using Outcome = std::expected<T, Response>;

inline std::unexpected<Response> refuse(unsigned status,
                                        std::string_view code,
                                        std::string_view detail) {
    return std::unexpected(problem(status, code, detail));
}

}  // namespace gateway

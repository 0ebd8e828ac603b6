#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/outcome.hpp"

// Query parameters of our routes: names and values that need no percent-encoding.
namespace gateway {

// Decimal digits only, no sign, no overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

// The value of the parameter, or nothing when it is absent; the first when it is repeated.
std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name);

// A parameter that is a number from `least` to `most`; `otherwise` when absent; 400 "NAME-invalid".
struct NumberRule {
    std::string_view name;
    std::uint64_t least = 0;
    std::uint64_t most = 0;
    std::uint64_t otherwise = 0;
};
Outcome<std::uint64_t> number_parameter(std::string_view query, const NumberRule& rule);

}  // namespace gateway

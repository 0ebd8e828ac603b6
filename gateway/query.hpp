#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/outcome.hpp"

// Query parameters of our routes. Their names, and the values that are ids, numbers and words of
// ours, need no percent-encoding; texts do.
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

// The text behind its percent-encoding (RFC 3986, 2.1). Nothing when a percent sign stands before
// anything but two hex digits, and when what comes out is not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text);

// The text of a parameter, in which a plus stands for a space, as forms send it; nothing when it is
// absent or empty; 400 "NAME-invalid".
Outcome<std::optional<std::string>> text_parameter(std::string_view query, std::string_view name);

}  // namespace gateway

#include "gateway/query.hpp"

#include <fmt/format.h>

#include <charconv>

namespace gateway {

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (!pair.starts_with(name)) continue;
        const auto rest = pair.substr(name.size());
        if (rest.starts_with('=')) return rest.substr(1);
        if (rest.empty()) return rest;
    }
    return std::nullopt;
}

Outcome<std::uint64_t> number_parameter(std::string_view query, const NumberRule& rule) {
    const auto text = query_parameter(query, rule.name);
    if (!text) return rule.otherwise;
    const auto value = parse_unsigned(*text);
    if (!value || *value < rule.least || *value > rule.most) {
        return refuse(
            400,
            fmt::format("{}-invalid", rule.name),
            fmt::format(
                "\"{}\" must be a number from {} to {}.", rule.name, rule.least, rule.most));
    }
    return *value;
}

}  // namespace gateway

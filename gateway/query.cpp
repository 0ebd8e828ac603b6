#include "gateway/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/mail/text.hpp"

namespace gateway {
namespace {

std::optional<unsigned> hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
    return std::nullopt;
}

}  // namespace

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

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    while (!text.empty()) {
        if (text.front() != '%') {
            decoded.push_back(text.front());
            text.remove_prefix(1);
            continue;
        }
        const auto high = text.size() > 2 ? hex_value(text[1]) : std::nullopt;
        const auto low = text.size() > 2 ? hex_value(text[2]) : std::nullopt;
        if (!high || !low) return std::nullopt;
        decoded.push_back(static_cast<char>((*high << 4U) | *low));
        text.remove_prefix(3);
    }
    if (!mail::is_utf8(decoded)) return std::nullopt;
    return decoded;
}

Outcome<std::optional<std::string>> text_parameter(std::string_view query, std::string_view name) {
    const auto given = query_parameter(query, name);
    if (!given || given->empty()) return std::nullopt;
    std::string spaced(*given);
    std::ranges::replace(spaced, '+', ' ');
    auto decoded = percent_decoded(spaced);
    if (!decoded) {
        return refuse(400,
                      fmt::format("{}-invalid", name),
                      fmt::format("\"{}\" must be percent-encoded UTF-8.", name));
    }
    return decoded;
}

}  // namespace gateway

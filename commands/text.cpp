#include "commands/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace commands {
namespace {

struct CodePoint {
    std::uint32_t value;
    std::size_t bytes;
};

// The first code point of valid UTF-8. Bytes that are none count as one, so this always advances.
CodePoint first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint32_t lead = byte(0);
    const std::size_t bytes = lead < 0x80U ? 1U : lead < 0xe0U ? 2U : lead < 0xf0U ? 3U : 4U;
    if (bytes == 1 || text.size() < bytes) return {lead, 1};
    std::uint32_t value = lead & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) value = (value << 6U) | (byte(i) & 0x3fU);
    return {value, bytes};
}

bool is_white_space(std::uint32_t c) {
    constexpr std::array<std::uint32_t, 9> kSingle{
        0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x2000 && c <= 0x200a) ||
           std::ranges::find(kSingle, c) != kSingle.end();
}

bool has_white_space_or_control(std::string_view utf8) {
    while (!utf8.empty()) {
        const auto [value, bytes] = first_of(utf8);
        if (value <= 0x20 || value == 0x7f || is_white_space(value)) return true;
        utf8.remove_prefix(bytes);
    }
    return false;
}

}  // namespace

bool is_blank(std::string_view utf8) {
    while (!utf8.empty()) {
        const auto [value, bytes] = first_of(utf8);
        if (!is_white_space(value)) return false;
        utf8.remove_prefix(bytes);
    }
    return true;
}

std::size_t length_of(std::string_view utf8) {
    std::size_t count = 0;
    for (; !utf8.empty(); ++count) utf8.remove_prefix(first_of(utf8).bytes);
    return count;
}

bool has_nul(std::string_view utf8) {
    return utf8.find('\0') != std::string_view::npos;
}

bool is_name(std::string_view utf8) {
    return utf8.size() <= kNameBytesMax && !has_nul(utf8) && !is_blank(utf8);
}

bool is_email(std::string_view utf8) {
    if (utf8.size() > kEmailBytesMax) return false;
    const auto at = utf8.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == utf8.size()) return false;
    if (utf8.find('@', at + 1) != std::string_view::npos) return false;
    return !has_white_space_or_control(utf8);
}

bool is_subject(std::string_view utf8) {
    return utf8.size() <= kSubjectBytesMax && !has_nul(utf8) && !is_blank(utf8);
}

bool is_phone(std::string_view text) {
    constexpr std::string_view kBetween = " +-/().";
    constexpr std::ptrdiff_t kDigitsMin = 3;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.size() <= kPhoneBytesMax && std::ranges::count_if(text, is_digit) >= kDigitsMin &&
           std::ranges::all_of(text, [&](char c) {
               return is_digit(c) || kBetween.find(c) != std::string_view::npos;
           });
}

bool is_locale(std::string_view text) {
    return text == "de" || text == "en";
}

}  // namespace commands

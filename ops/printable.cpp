#include "ops/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace ops {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// Unicode's control and format characters (Cc, Cf), line and paragraph separators, variation
// selectors, and the letters that show nothing (fillers). Ascending.
constexpr std::array kInvisible{
    Range{0x0000, 0x001F},   Range{0x007F, 0x009F},   Range{0x00AD, 0x00AD},
    Range{0x034F, 0x034F},   Range{0x0600, 0x0605},   Range{0x061C, 0x061C},
    Range{0x06DD, 0x06DD},   Range{0x070F, 0x070F},   Range{0x0890, 0x0891},
    Range{0x08E2, 0x08E2},   Range{0x115F, 0x1160},   Range{0x17B4, 0x17B5},
    Range{0x180B, 0x180F},   Range{0x200B, 0x200F},   Range{0x2028, 0x202E},
    Range{0x2060, 0x206F},   Range{0x3164, 0x3164},   Range{0xFE00, 0xFE0F},
    Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},   Range{0xFFF0, 0xFFFB},
    Range{0x110BD, 0x110BD}, Range{0x110CD, 0x110CD}, Range{0x13430, 0x1343F},
    Range{0x1BCA0, 0x1BCA3}, Range{0x1D173, 0x1D17A}, Range{0xE0000, 0xE0FFF}};

bool is_invisible(char32_t point) {
    const auto* const at = std::ranges::lower_bound(kInvisible, point, {}, &Range::last);
    return at != kInvisible.end() && at->first <= point;
}

bool is_plain_ascii(char c) {
    return c >= 0x20 && c < 0x7F && c != '\\' && c != '"';
}

struct Decoded {
    char32_t point = 0;
    std::size_t bytes = 0;  // 0: the first byte begins no valid sequence
};

// One character of strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded decode(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4U : lead >= 0xE0 ? 3U : 2U;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
    char32_t point = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {};
        point = (point << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast.at(length) || point > 0x10FFFF) return {};
    if (point >= 0xD800 && point <= 0xDFFF) return {};
    return {point, length};
}

// Calls `plain` for runs that need no care and `special` for each other character; bytes 0 in the
// latter stands for a byte that is no UTF-8.
template <class Plain, class Special>
void walk(std::string_view text, const Plain& plain, const Special& special) {
    while (!text.empty()) {
        const auto stop = std::ranges::find_if_not(text, is_plain_ascii);
        const auto run = static_cast<std::size_t>(stop - text.begin());
        if (run > 0) plain(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) return;
        const Decoded next = decode(text);
        const std::size_t bytes = next.bytes == 0 ? 1 : next.bytes;
        if (next.bytes > 1 && !is_invisible(next.point)) {
            plain(text.substr(0, bytes));
        } else {
            special(text.substr(0, bytes), next);
        }
        text.remove_prefix(bytes);
    }
}

void append_json_escape(std::string& out, char32_t point) {
    const auto unit = static_cast<std::uint32_t>(point);
    if (unit < 0x10000) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
        return;
    }
    const std::uint32_t rest = unit - 0x10000;
    fmt::format_to(std::back_inserter(out),
                   "\\u{:04x}\\u{:04x}",
                   0xD800 + (rest >> 10U),
                   0xDC00 + (rest & 0x3FFU));
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
    walk(
        text,
        [&out](std::string_view run) { out.append(run); },
        [&out](std::string_view raw, const Decoded& decoded) {
            if (decoded.bytes == 0) {
                fmt::format_to(std::back_inserter(out),
                               "\\x{{{:02X}}}",
                               static_cast<unsigned char>(raw.front()));
            } else if (raw == "\\" || raw == "\"") {
                out.append("\\").append(raw);
            } else {
                fmt::format_to(std::back_inserter(out),
                               "\\u{{{:X}}}",
                               static_cast<std::uint32_t>(decoded.point));
            }
        });
}

std::string printable(std::string_view text) {
    std::string out;
    append_printable(out, text);
    return out;
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    walk(
        text,
        [&out](std::string_view run) { out.append(run); },
        [&out](std::string_view raw, const Decoded& decoded) {
            if (decoded.bytes == 0) {
                out.append("\\ufffd");
            } else if (raw == "\\" || raw == "\"") {
                out.append("\\").append(raw);
            } else {
                append_json_escape(out, decoded.point);
            }
        });
    out.push_back('"');
}

}  // namespace ops

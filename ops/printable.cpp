#include "ops/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "gateway/mail/text.hpp"

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
        const mail::CodePoint next = mail::first_of(text);
        const std::size_t bytes = next.bytes == 0 ? 1 : next.bytes;
        if (next.bytes > 1 && !is_invisible(next.value)) {
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
        [&out](std::string_view raw, const mail::CodePoint& decoded) {
            if (decoded.bytes == 0) {
                fmt::format_to(std::back_inserter(out),
                               "\\x{{{:02X}}}",
                               static_cast<unsigned char>(raw.front()));
            } else if (raw == "\\" || raw == "\"") {
                out.append("\\").append(raw);
            } else {
                fmt::format_to(std::back_inserter(out),
                               "\\u{{{:X}}}",
                               static_cast<std::uint32_t>(decoded.value));
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
        [&out](std::string_view raw, const mail::CodePoint& decoded) {
            if (decoded.bytes == 0) {
                out.append("\\ufffd");
            } else if (raw == "\\" || raw == "\"") {
                out.append("\\").append(raw);
            } else {
                append_json_escape(out, decoded.value);
            }
        });
    out.push_back('"');
}

}  // namespace ops

#include "gateway/mail/text.hpp"

#include <algorithm>
#include <array>

namespace mail {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t point) {
    return std::ranges::any_of(
        ranges, [point](Range range) { return range.first <= point && point <= range.last; });
}

// Joiners and variation selectors stay: Persian and emoji are written with them.
bool is_hidden(char32_t point) {
    constexpr std::array kHidden{
        Range{0x00AD, 0x00AD},    // soft hyphen
        Range{0x180E, 0x180E},    // Mongolian vowel separator
        Range{0x200B, 0x200B},    // zero width space
        Range{0x2060, 0x2064},    // word joiner, invisible operators
        Range{0x206A, 0x206F},    // deprecated format characters
        Range{0xFEFF, 0xFEFF},    // byte order mark
        Range{0xFFF9, 0xFFFB},    // interlinear annotation
        Range{0xE0000, 0xE007F},  // tags
    };
    return is_bidi_control(point) || is_in(kHidden, point);
}

bool is_line_end(char32_t point) {
    return point == '\n' || point == '\r' || point == 0x2028 || point == 0x2029;
}

// Calls `each` with every character and its bytes; a byte that is no UTF-8 is left out.
template <class Each>
void walk(std::string_view text, const Each& each) {
    while (!text.empty()) {
        const CodePoint next = first_of(text);
        if (next.bytes > 0) each(next.value, text.substr(0, next.bytes));
        text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
    }
}

}  // namespace

CodePoint first_of(std::string_view text) {
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

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const CodePoint next = first_of(text);
        if (next.bytes == 0) return false;
        text.remove_prefix(next.bytes);
    }
    return true;
}

bool is_control(char32_t point) {
    constexpr std::array kControls{
        Range{0x0000, 0x001F}, Range{0x007F, 0x009F}, Range{0x2028, 0x2029}};
    return is_in(kControls, point);
}

bool is_bidi_control(char32_t point) {
    constexpr std::array kBidi{
        Range{0x061C, 0x061C}, Range{0x200E, 0x200F}, Range{0x202A, 0x202E}, Range{0x2066, 0x2069}};
    return is_in(kBidi, point);
}

std::string shown_line(std::string_view utf8) {
    std::string out;
    bool gap = false;
    walk(utf8, [&](char32_t point, std::string_view bytes) {
        if (is_hidden(point)) return;
        if (point == ' ' || is_control(point)) {
            gap = true;
            return;
        }
        if (gap && !out.empty()) out.push_back(' ');
        gap = false;
        out.append(bytes);
    });
    return out;
}

std::string shown_text(std::string_view utf8) {
    std::string out;
    bool after_return = false;
    walk(utf8, [&](char32_t point, std::string_view bytes) {
        const bool second_half = after_return && point == '\n';
        after_return = point == '\r';
        if (second_half || is_hidden(point)) return;
        if (is_line_end(point)) {
            out.push_back('\n');
        } else if (point != '\t' && is_control(point)) {
            out.push_back(' ');
        } else {
            out.append(bytes);
        }
    });
    out.resize(out.find_last_not_of('\n') + 1);
    return out;
}

std::string_view cut(std::string_view utf8, std::size_t bytes_max) {
    if (utf8.size() <= bytes_max) return utf8;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xC0U) == 0x80U) --end;
    return utf8.substr(0, end);
}

std::string escape_html(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (const char c : utf8) {
        switch (c) {
            case '&':
                out.append("&amp;");
                break;
            case '<':
                out.append("&lt;");
                break;
            case '>':
                out.append("&gt;");
                break;
            case '"':
                out.append("&quot;");
                break;
            case '\'':
                out.append("&#39;");
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
}

}  // namespace mail

#include "ops/printable.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using ops::printable;
using namespace std::string_literals;

std::string as_json(std::string_view text) {
    std::string out;
    ops::append_json_string(out, text);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(printable_text)

BOOST_AUTO_TEST_CASE(what_shows_is_left_alone) {
    for (const auto* const text : {"plain", "Grüß Gott", "日本語", "😀", "a b", ""}) {
        BOOST_TEST(printable(text) == text);
    }
}

BOOST_AUTO_TEST_CASE(control_characters_are_written_out) {
    BOOST_TEST(printable("a\nb\tc\r\x1b[31m\x7f") == R"(a\u{A}b\u{9}c\u{D}\u{1B}[31m\u{7F})");
    BOOST_TEST(printable("\0"s) == R"(\u{0})");
    BOOST_TEST(printable("\xC2\x85") == R"(\u{85})");
}

BOOST_AUTO_TEST_CASE(bidi_and_invisible_characters_are_written_out) {
    BOOST_TEST(printable("a\u202Eb") == R"(a\u{202E}b)");
    BOOST_TEST(printable("\u2066\u2069\u200F\u061C") == R"(\u{2066}\u{2069}\u{200F}\u{61C})");
    BOOST_TEST(printable("\u200B\uFEFF\u00AD\u2028") == R"(\u{200B}\u{FEFF}\u{AD}\u{2028})");
    BOOST_TEST(printable("\U000E0041") == R"(\u{E0041})");
}

BOOST_AUTO_TEST_CASE(escapes_cannot_be_forged) {
    BOOST_TEST(printable(R"(\u{202E})") == R"(\\u{202E})");
    BOOST_TEST(printable("\"") == "\\\"");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_written_out) {
    BOOST_TEST(printable("a\xFFz") == R"(a\x{FF}z)");
    BOOST_TEST(printable("\xC0\xAF") == R"(\x{C0}\x{AF})");            // overlong
    BOOST_TEST(printable("\xED\xA0\x80") == R"(\x{ED}\x{A0}\x{80})");  // a surrogate
    BOOST_TEST(printable("\xE2\x82") == R"(\x{E2}\x{82})");            // cut
    BOOST_TEST(printable("\xF4\x90\x80\x80") == R"(\x{F4}\x{90}\x{80}\x{80})");
}

// E14: a text must come back byte for byte through any JSON reader.
BOOST_AUTO_TEST_CASE(every_character_survives_as_json) {
    std::string all;
    for (char32_t point = 0; point <= 0x10FFFF; point += point < 0x3000 ? 1 : 17) {
        if (point >= 0xD800 && point <= 0xDFFF) continue;
        const auto c = static_cast<std::uint32_t>(point);
        const auto tail = [c](unsigned shift) {
            return static_cast<char>(0x80U | ((c >> shift) & 0x3FU));
        };
        if (c < 0x80) {
            all += static_cast<char>(c);
        } else if (c < 0x800) {
            all += {static_cast<char>(0xC0U | (c >> 6U)), tail(0)};
        } else if (c < 0x10000) {
            all += {static_cast<char>(0xE0U | (c >> 12U)), tail(6), tail(0)};
        } else {
            all += {static_cast<char>(0xF0U | (c >> 18U)), tail(12), tail(6), tail(0)};
        }
    }
    const std::string written = as_json(all);
    BOOST_TEST((boost::json::parse(written).as_string() == all));
    BOOST_TEST(written.find("\u202E") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_escapes_what_does_not_show) {
    BOOST_TEST(as_json("a\"\\\n\u202E\U000E0041") == R"("a\"\\\u000a\u202e\udb40\udc41")");
    BOOST_TEST(as_json("\xFF") == R"("\ufffd")");
}

BOOST_AUTO_TEST_SUITE_END()

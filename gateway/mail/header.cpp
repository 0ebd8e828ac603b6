#include "gateway/mail/header.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "gateway/mail/address.hpp"
#include "gateway/mail/text.hpp"

namespace mail {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kWordStart = "=?UTF-8?B?";
constexpr std::string_view kWordEnd = "?=";
// A word of a header longer than this is encoded, so that its line can be folded.
constexpr std::size_t kPlainWordBytesMax = 60;

std::string base64(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                        reinterpret_cast<const unsigned char*>(bytes.data()),
                                        static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(written));
    return out;
}

// One field: words with a space between them, folded before a word that would not fit.
class Field {
  public:
    explicit Field(std::string_view name)
        : text_(fmt::format("{}:", name)), column_(text_.size()) {}

    void word(std::string_view word) {
        const bool fits = column_ + 1 + word.size() <= kHeaderColumns;
        if (!fits && !first_) {
            text_.append(kLineEnd);
            column_ = 0;
        }
        text_.append(" ").append(word);
        column_ += 1 + word.size();
        first_ = false;
    }

    // As encoded words, each of whole characters: as much on this line as fits, then more lines.
    void encoded(std::string_view text) {
        while (!text.empty()) {
            std::string_view piece = cut(text, room());
            if (piece.empty()) {
                text_.append(kLineEnd);
                column_ = 0;
                piece = cut(text, room());
            }
            word(fmt::format("{}{}{}", kWordStart, base64(piece), kWordEnd));
            text.remove_prefix(piece.size());
        }
    }

    [[nodiscard]] std::string end() && {
        text_.append(kLineEnd);
        return std::move(text_);
    }

  private:
    // Bytes of text that one encoded word can still hold on this line.
    [[nodiscard]] std::size_t room() const {
        constexpr std::size_t kFrame = kWordStart.size() + kWordEnd.size();
        const std::size_t used = column_ + 1 + kFrame;
        if (used >= kHeaderColumns) return 0;
        return std::min(kHeaderColumns - used, kEncodedWordBytesMax - kFrame) / 4 * 3;
    }

    std::string text_;
    std::size_t column_;
    bool first_ = true;
};

// Visible ASCII and spaces that no reader takes for an encoded word.
bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }) &&
           !text.contains("=?");
}

// Plain, and made of words that lines can be broken between without losing a space.
bool is_foldable(std::string_view text) {
    if (!is_plain(text) || text.contains("  ")) return false;
    if (text.starts_with(' ') || text.ends_with(' ')) return false;
    std::size_t length = 0;
    for (const char c : text) {
        length = c == ' ' ? 0 : length + 1;
        if (length > kPlainWordBytesMax) return false;
    }
    return true;
}

// A display name as a quoted string.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + '"';
}

}  // namespace

std::optional<std::string_view> header_text_fault(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) return "too-long";
    for (std::string_view rest = text; !rest.empty();) {
        const CodePoint next = first_of(rest);
        if (next.bytes == 0) return "not-utf8";
        if (is_control(next.value)) return "has-control";
        if (is_bidi_control(next.value)) return "has-bidi";
        rest.remove_prefix(next.bytes);
    }
    if (holds_address(text)) return "has-address";
    return std::nullopt;
}

std::string text_field(std::string_view name, std::string_view text) {
    Field field(name);
    if (!is_foldable(text)) {
        field.encoded(text);
        return std::move(field).end();
    }
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        field.word(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return std::move(field).end();
}

std::string address_field(std::string_view name,
                          std::string_view display,
                          std::string_view address) {
    Field field(name);
    if (is_plain(display) && display.size() <= kPlainWordBytesMax) {
        if (!display.empty()) field.word(quoted(display));
    } else {
        field.encoded(display);
    }
    field.word(fmt::format("<{}>", address));
    return std::move(field).end();
}

std::string plain_field(std::string_view name, std::string_view value) {
    return fmt::format("{}: {}\r\n", name, value);
}

std::optional<std::string> date_text(std::int64_t unix_ms) {
    constexpr std::array<std::string_view, 7> kDays{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr std::int64_t kEnd = 253'402'300'800'000;  // 10000-01-01
    if (unix_ms < 0 || unix_ms >= kEnd) return std::nullopt;
    using std::chrono::days;
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000",
                       kDays.at(std::chrono::weekday(day).c_encoding()),
                       static_cast<unsigned>(date.day()),
                       kMonths.at(static_cast<unsigned>(date.month()) - 1),
                       static_cast<int>(date.year()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count());
}

}  // namespace mail

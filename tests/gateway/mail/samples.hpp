#pragma once

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mail/compose.hpp"

// What the cases about mails share. Nobody's words: names and addresses are made up here.
namespace mail_samples {

inline constexpr std::int64_t kDate = 1'795'323'845'000;  // 2026-11-22T05:04:05Z, a Sunday
inline constexpr std::string_view kMessageId = "<0123456789abcdef0123456789abcdef@mail.example>";

inline events::Personal text(std::string_view value) {
    return events::Personal(std::string(value));
}

inline mail::Message message() {
    return {.from = {.name = text("Parlour"), .address = text("no-reply@parlour.example")},
            .to = {.name = {}, .address = text("ada@visitor.example")},
            .subject = text("Hello"),
            .text = text("One line.\n"),
            .html = {},
            .message_id = std::string(kMessageId),
            .date_unix_ms = kDate,
            .language = mail::Language::kEnglish,
            .auto_submitted = true,
            .list_id = {},
            .unsubscribe_url = {}};
}

template <class T>
T must(mail::Result<T> result) {
    if (!result) throw std::runtime_error("failed with " + result.error().code);
    return *std::move(result);
}

inline std::string composed_bytes(const mail::Message& from) {
    return must(mail::compose(from)).bytes().reveal();
}

// The code it fails with; empty: it did not.
inline std::string refusal(const mail::Message& from) {
    const auto result = mail::compose(from);
    return result ? std::string() : result.error().code;
}

inline std::vector<std::string_view> lines_of(std::string_view bytes) {
    std::vector<std::string_view> lines;
    while (!bytes.empty()) {
        const auto end = bytes.find("\r\n");
        lines.push_back(bytes.substr(0, end));
        if (end == std::string_view::npos) break;
        bytes.remove_prefix(end + 2);
    }
    return lines;
}

// Names that try to be more than a name. None may reach a header or turn into HTML.
inline const std::vector<std::string>& hostile_names() {
    static const std::vector<std::string> all{
        "Eve\r\nBcc: eve@evil.example",
        "Eve\nBcc: eve@evil.example",
        "Eve\rBcc: eve@evil.example",
        std::string("Eve\0Bcc", 7),
        "Eve\xe2\x80\xa8"
        "Bcc: eve",
        "Eve\xc2\x85"
        "Bcc: eve",
        "<eve@evil.example>, Bob",
        "\"><script>alert(1)</script>",
        "</bdi></p><img src=https://evil.example/pixel>",
        "\xe2\x80\xae"
        "elpmaxe.live",
        "{company} [{link}] {until}",
        "=?UTF-8?B?RXZl?=",
        "Ünïcödé & Söhne's \"Haus\" 漢字 😀",
        std::string(200, 'x'),
    };
    return all;
}

}  // namespace mail_samples

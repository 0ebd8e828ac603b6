#include "gateway/server_response.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

#include "gateway/http_head.hpp"
#include "gateway/problem.hpp"

namespace gateway {

namespace {

// The server's own: a second one of any of these could reframe the answer.
constexpr std::array<std::string_view, 5> kOwnFields = {
    "connection", "content-length", "content-type", "date", "transfer-encoding"};

// What every answer says to a browser: load nothing, be framed by nobody, guess no types, tell no
// other site whence one came, keep no copy.
struct Protection {
    std::string_view lower_case_name;
    std::string_view line;
};
constexpr std::string_view kPolicyName = "content-security-policy";
constexpr std::array<Protection, 6> kProtections = {{
    {kPolicyName, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"},
    {"x-content-type-options", "X-Content-Type-Options: nosniff\r\n"},
    {"referrer-policy", "Referrer-Policy: no-referrer\r\n"},
    {"cross-origin-resource-policy", "Cross-Origin-Resource-Policy: same-origin\r\n"},
    {"cache-control", "Cache-Control: no-store\r\n"},
    {"x-frame-options", "X-Frame-Options: DENY\r\n"},
}};
// A host name may serve others in plain below it, so it speaks for itself only.
constexpr Protection kSecureOnly{"strict-transport-security",
                                 "Strict-Transport-Security: max-age=31536000\r\n"};

bool may_send(const Response& response) {
    if (response.status < 200 || response.status > 599) return false;
    if (!is_field_value(response.content_type)) return false;
    return std::ranges::all_of(response.headers, [](const auto& field) {
        return is_token(field.first) && is_field_value(field.second) &&
               std::ranges::none_of(kOwnFields, [&](std::string_view own) {
                   return equals_ignoring_case(field.first, own);
               });
    });
}

bool has_field(const Response& response, std::string_view lower_case_name) {
    return std::ranges::any_of(response.headers, [&](const auto& field) {
        return equals_ignoring_case(field.first, lower_case_name);
    });
}

// A route that says itself who may frame it must not be overruled by the older field.
bool says_who_may_frame(const Response& response) {
    return std::ranges::any_of(response.headers, [](const auto& field) {
        return equals_ignoring_case(field.first, kPolicyName) &&
               field.second.contains("frame-ancestors");
    });
}

void add_protections(const Response& response, bool secure, std::string& head) {
    for (const Protection& protection : kProtections) {
        if (has_field(response, protection.lower_case_name)) continue;
        if (protection.lower_case_name == "x-frame-options" && says_who_may_frame(response)) {
            continue;
        }
        head.append(protection.line);
    }
    if (secure && !has_field(response, kSecureOnly.lower_case_name)) head.append(kSecureOnly.line);
}

// The value of the Date field, written once a second and thread.
std::string_view http_date() {
    constexpr std::array<std::string_view, 7> kDays = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    thread_local std::time_t written_for = -1;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != written_for) {
        std::tm utc{};
        gmtime_r(&now, &utc);
        text = fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                           kDays.at(static_cast<std::size_t>(utc.tm_wday)),
                           utc.tm_mday,
                           kMonths.at(static_cast<std::size_t>(utc.tm_mon)),
                           utc.tm_year + 1900,
                           utc.tm_hour,
                           utc.tm_min,
                           utc.tm_sec);
        written_for = now;
    }
    return text;
}

void add(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool has_body(const Response& response, const ResponseFrame& frame) {
    return !frame.head_only && response.status != 204 && response.status != 304;
}

bool write_response_head(const Response& response, const ResponseFrame& frame, std::string& head) {
    if (!may_send(response)) return false;
    head.clear();
    fmt::format_to(std::back_inserter(head),
                   FMT_COMPILE("HTTP/1.1 {} {}\r\n"),
                   response.status,
                   reason_phrase(response.status));
    if (response.status != 204 && response.status != 304) {
        if (!response.content_type.empty()) add(head, "Content-Type", response.content_type);
        if (!frame.streamed) {
            fmt::format_to(std::back_inserter(head),
                           FMT_COMPILE("Content-Length: {}\r\n"),
                           response.body.size());
        } else if (frame.http11) {
            head.append("Transfer-Encoding: chunked\r\n");
        }
    }
    add(head, "Date", http_date());
    for (const auto& [name, value] : response.headers) add(head, name, value);
    add_protections(response, frame.secure, head);
    if (!frame.keep_alive) {
        add(head, "Connection", "close");
    } else if (!frame.http11) {
        add(head, "Connection", "keep-alive");
    }
    head.append("\r\n");
    return true;
}

}  // namespace gateway

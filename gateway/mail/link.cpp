#include "gateway/mail/link.hpp"

#include <algorithm>

namespace mail {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_host_char(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

bool is_port(std::string_view text) {
    constexpr std::size_t kPortDigitsMax = 5;
    return !text.empty() && text.size() <= kPortDigitsMax && std::ranges::all_of(text, is_digit);
}

}  // namespace

bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "::1" || host == "[::1]") return true;
    return host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
           std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_link(std::string_view url) {
    constexpr std::string_view kSecure = "https://";
    constexpr std::string_view kPlain = "http://";
    const bool clean = std::ranges::all_of(url, [](char c) {
        return c > 0x20 && c < 0x7f && !std::string_view("\"'<>\\^`{|}").contains(c);
    });
    if (!clean || url.size() > kLinkBytesMax) return false;
    const bool secure = url.starts_with(kSecure);
    if (!secure && !url.starts_with(kPlain)) return false;
    url.remove_prefix(secure ? kSecure.size() : kPlain.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    const bool literal = authority.starts_with("[::1]");
    const auto colon = literal ? authority.find(':', 5) : authority.find(':');
    const std::string_view host = authority.substr(0, colon);
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return false;
    if (host.empty() || (!literal && !std::ranges::all_of(host, is_host_char))) return false;
    return secure || is_loopback(host);
}

}  // namespace mail

#include "ops/config_forms.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <limits>

#include "gateway/http_peer.hpp"
#include "gateway/mail/address.hpp"
#include "gateway/query.hpp"

namespace ops {
namespace {

constexpr std::size_t kTextBytesMax = 254;
constexpr std::size_t kPathBytesMax = 4096;

bool is_address(const std::string& text) {
    in6_addr six{};
    in_addr four{};
    return inet_pton(AF_INET, text.c_str(), &four) == 1 ||
           inet_pton(AF_INET6, text.c_str(), &six) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto port = gateway::parse_unsigned(text);
    if (!port || text.size() > 5 || *port > std::numeric_limits<std::uint16_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(*port);
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

struct Authority {
    std::string host;                   // an IPv6 address without its brackets
    std::optional<std::uint16_t> port;  // 1 to 65535
};

// HOST[:PORT], the host a name in lower case, an IPv4 address or an IPv6 one in brackets.
std::optional<Authority> parse_authority(std::string_view text) {
    Authority authority;
    std::string_view behind;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        authority.host = text.substr(1, close - 1);
        in6_addr six{};
        if (inet_pton(AF_INET6, authority.host.c_str(), &six) != 1) return std::nullopt;
        behind = text.substr(close + 1);
    } else {
        const auto end = text.find(':');
        authority.host = text.substr(0, end);
        if (authority.host.empty() || authority.host.size() > kTextBytesMax ||
            authority.host.front() == '.' || authority.host.front() == '-' ||
            !std::ranges::all_of(authority.host, is_name_character)) {
            return std::nullopt;
        }
        behind = end == std::string_view::npos ? std::string_view{} : text.substr(end);
    }
    if (behind.empty()) return authority;
    if (!behind.starts_with(':')) return std::nullopt;
    authority.port = parse_port(behind.substr(1));
    if (!authority.port || *authority.port == 0 || behind[1] == '0') return std::nullopt;
    return authority;
}

bool is_loopback_name(const std::string& host) {
    return host == "localhost" || is_loopback(host);
}

bool is_printable(char c) {
    return c > ' ' && c <= '~';
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view address = text.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    const auto port = parse_port(text.substr(colon + 1));
    Endpoint endpoint{.address = std::string(address), .port = port.value_or(0)};
    if (!port || address.find('\0') != std::string_view::npos || !is_address(endpoint.address)) {
        return std::nullopt;
    }
    return endpoint;
}

bool is_origin(std::string_view text) {
    constexpr std::string_view kSecure = "https://";
    constexpr std::string_view kPlain = "http://";
    const bool secure = text.starts_with(kSecure);
    if (!secure && !text.starts_with(kPlain)) return false;
    const auto authority = parse_authority(text.substr((secure ? kSecure : kPlain).size()));
    if (!authority || authority->port == (secure ? 443 : 80)) return false;
    return secure || is_loopback_name(authority->host);
}

bool is_smtp_url(std::string_view text) {
    for (const std::string_view scheme : {"smtp://", "smtps://"}) {
        if (text.starts_with(scheme))
            return parse_authority(text.substr(scheme.size())).has_value();
    }
    return false;
}

bool is_kafka_url(std::string_view text) {
    constexpr std::string_view kScheme = "kafka://";
    if (!text.starts_with(kScheme)) return false;
    text.remove_prefix(kScheme.size());
    while (true) {
        const auto end = text.find(',');
        const auto authority = parse_authority(text.substr(0, end));
        if (!authority || !authority->port) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

bool is_node_name(std::string_view text) {
    constexpr std::size_t kBytesMax = 63;
    return !text.empty() && text.size() <= kBytesMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

bool is_endpoint(std::string_view text) {
    const auto endpoint = parse_endpoint(text);
    return endpoint && endpoint->port != 0;
}

bool is_on_loopback(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return false;
    const auto authority = parse_authority(url.substr(scheme + 3));
    return authority && is_loopback_name(authority->host);
}

bool is_loopback(std::string_view address) {
    static const std::array<events::Result<gateway::AddressRange>, 2> kRanges{
        gateway::AddressRange::parse("127.0.0.0/8"), gateway::AddressRange::parse("::1")};
    const auto parsed = gateway::PeerAddress::parse(address);
    return parsed && std::ranges::any_of(
                         kRanges, [&](const auto& range) { return range->contains(*parsed); });
}

bool is_mail_address(std::string_view text) {
    return !mail::address_fault(text);
}

bool is_short_ascii(std::string_view text) {
    return !text.empty() && text.size() <= kTextBytesMax &&
           std::ranges::all_of(text, [](char c) { return c == ' ' || is_printable(c); });
}

bool is_path(std::string_view text) {
    return !text.empty() && text.size() <= kPathBytesMax &&
           text.find('\0') == std::string_view::npos;
}

}  // namespace ops

#include "gateway/domain_pattern.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "events/crypto.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::fail;
using events::Result;

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035, 2.3.4, without the root
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kEntryBytesMax = 1'000;
constexpr std::string_view kAnyBelow = "*.";
constexpr std::array<std::string_view, 3> kOwnMachine{"localhost", "127.0.0.1", "[::1]"};

std::unexpected<events::Error> not_taken(std::string_view what_to_write) {
    return fail(Errc::kInvalidArgument, std::string(what_to_write));
}

std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lowered;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, port);
    if (digits.empty() || error != std::errc{} || stopped != end || port == 0) return std::nullopt;
    return port;
}

std::uint16_t own_port(std::string_view scheme) {
    constexpr std::uint16_t kHttp = 80;
    constexpr std::uint16_t kHttps = 443;
    return scheme == "https" ? kHttps : kHttp;
}

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' &&
           label.back() != '-' && std::ranges::all_of(label, [](char c) {
               return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
           });
}

std::vector<std::string_view> labels_of(std::string_view host) {
    std::vector<std::string_view> labels;
    while (true) {
        const auto dot = host.find('.');
        labels.push_back(host.substr(0, dot));
        if (dot == std::string_view::npos) return labels;
        host.remove_prefix(dot + 1);
    }
}

bool is_number(std::string_view label) {
    return std::ranges::all_of(label, is_digit);
}

// A name of labels whose last is no number, or four numbers up to 255.
bool is_name_or_ipv4(std::string_view host) {
    constexpr unsigned kOctetMax = 255;
    const auto labels = labels_of(host);
    if (host.size() > kHostBytesMax || !std::ranges::all_of(labels, is_label)) return false;
    if (!is_number(labels.back())) return true;
    return labels.size() == 4 && std::ranges::all_of(labels, [](std::string_view label) {
               const auto number = label == "0" ? 0U : parse_port(label).value_or(kOctetMax + 1);
               return is_number(label) && number <= kOctetMax;
           });
}

bool is_ipv6(std::string_view host) {
    constexpr std::size_t kShortest = 4;  // [::]
    constexpr std::size_t kLongest = 41;  // eight groups of four
    return host.size() >= kShortest && host.size() <= kLongest && host.front() == '[' &&
           host.back() == ']' && host.contains(':') &&
           std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':';
           });
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The name as it stands in DNS (IDNA 2008); nothing when it has no such form.
std::optional<std::string> in_punycode(const std::string& utf8) {
    char* made = nullptr;
    const int status = idn2_to_ascii_8z(utf8.c_str(), &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, void (*)(void*)> owned(made, idn2_free);
    if (status != IDN2_OK) return std::nullopt;
    return std::string(made);
}

// Takes the scheme off the front, what belongs to no entry off the end.
Result<std::string> take_scheme(std::string_view& text) {
    constexpr std::string_view kBehind = "://";
    const auto at = text.find(kBehind);
    if (at == std::string_view::npos) return std::string();
    auto scheme = lower(text.substr(0, at));
    text.remove_prefix(at + kBehind.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    if (scheme == "http" || scheme == "https") return scheme;
    return not_taken("Write http:// or https:// in front of the host, or neither.");
}

// Takes the port off the end: a colon that is not inside brackets, and what is behind it.
Result<std::string> take_port(std::string_view& text, std::string_view scheme) {
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) return std::string();
    const auto given = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (given == "*") return std::string("*");
    const auto port = parse_port(given);
    if (!port) return not_taken("A port is a number from 1 to 65535, or * for any.");
    if (!scheme.empty() && *port == own_port(scheme)) return std::string();
    return std::to_string(*port);
}

Result<std::string> parse_host(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    auto host = lower(text);
    if (!is_ascii(host)) {
        const auto ascii = in_punycode(host);
        if (!ascii) return not_taken("This international name has no form in DNS.");
        host = lower(*ascii);
    }
    if (is_name_or_ipv4(host) || is_ipv6(host)) return host;
    return not_taken("Write a host as in example.org, with a port if need be, without a path.");
}

}  // namespace

Result<DomainPattern> parse_domain(std::string_view utf8) {
    if (utf8.size() > kEntryBytesMax || utf8.contains('\0')) {
        return not_taken("Write a host as in example.org.");
    }
    DomainPattern domain;
    auto scheme = take_scheme(utf8);
    if (!scheme) return std::unexpected(scheme.error());
    domain.scheme = std::move(*scheme);
    auto port = take_port(utf8, domain.scheme);
    if (!port) return std::unexpected(port.error());
    domain.port = std::move(*port);
    domain.subdomains = utf8.starts_with(kAnyBelow);
    if (domain.subdomains) utf8.remove_prefix(kAnyBelow.size());
    auto host = parse_host(utf8);
    if (!host) return std::unexpected(host.error());
    domain.host = std::move(*host);
    const bool address = domain.host.front() == '[' || is_number(labels_of(domain.host).back());
    if (domain.subdomains && (address || labels_of(domain.host).size() < 2)) {
        return not_taken("Write a domain of yours behind the star, as in *.example.org.");
    }
    return domain;
}

std::string to_text(const DomainPattern& domain) {
    std::string text;
    if (!domain.scheme.empty()) text.append(domain.scheme).append("://");
    if (domain.subdomains) text.append(kAnyBelow);
    text.append(domain.host);
    if (!domain.port.empty()) text.append(":").append(domain.port);
    return text;
}

events::Uuid domain_id(const events::TenantKeys& keys, const DomainPattern& domain) {
    return events::id_from<events::Uuid>(
        events::keyed_hash(keys.blind_index, {"domain", to_text(domain)}));
}

std::optional<WebOrigin> parse_origin(std::string_view text) {
    if (text.contains('*')) return std::nullopt;
    const auto parsed = parse_domain(text);
    if (!parsed || parsed->scheme.empty() || text.ends_with('/')) return std::nullopt;
    return WebOrigin{
        .scheme = parsed->scheme,
        .host = parsed->host,
        .port = parsed->port.empty() ? own_port(parsed->scheme) : *parse_port(parsed->port)};
}

bool allows(const DomainPattern& domain, const WebOrigin& origin) {
    if (!domain.scheme.empty() && domain.scheme != origin.scheme) return false;
    const bool any_port =
        domain.port == "*" ||
        (domain.port.empty() && std::ranges::find(kOwnMachine, domain.host) != kOwnMachine.end());
    const auto port =
        domain.port.empty() ? std::optional(own_port(origin.scheme)) : parse_port(domain.port);
    if (!any_port && port != origin.port) return false;
    if (!domain.subdomains) return domain.host == origin.host;
    return origin.host.size() > domain.host.size() + 1 && origin.host.ends_with(domain.host) &&
           origin.host[origin.host.size() - domain.host.size() - 1] == '.';
}

bool allows(const std::vector<DomainPattern>& domains, const WebOrigin& origin) {
    return std::ranges::any_of(domains,
                               [&](const DomainPattern& domain) { return allows(domain, origin); });
}

std::string frame_ancestors(const std::vector<DomainPattern>& domains) {
    std::string directive = "frame-ancestors";
    for (const auto& domain : domains) {
        DomainPattern source = domain;
        const bool own_machine = std::ranges::find(kOwnMachine, source.host) != kOwnMachine.end();
        if (source.port.empty() && own_machine) source.port = "*";
        // A source without a scheme means the page's own one only.
        for (const std::string_view scheme : {"https", "http"}) {
            if (!domain.scheme.empty() && domain.scheme != scheme) continue;
            source.scheme = scheme;
            directive.append(" ").append(to_text(source));
        }
    }
    if (domains.empty()) directive.append(" 'none'");
    return directive;
}

}  // namespace gateway

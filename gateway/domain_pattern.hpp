#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"

// Which sites may show a widget: entries as an administrator writes them, the origins that browsers
// tell, and whether the one covers the other.
namespace gateway {

// [scheme://][*.]host[:port]. Everything in lower case, an international name in Punycode.
struct DomainPattern {
    std::string scheme;       // "http", "https"; empty: both
    bool subdomains = false;  // "*.": every name below the host, not the host itself
    std::string host;         // a name, an IPv4 address, or an IPv6 address in brackets
    std::string port;         // digits; "*": any; empty: the scheme's own
};

// Any spelling of an entry: letters of either case, an international name, a slash at its end, the
// scheme's own port. kInvalidArgument, with what to write instead, for anything but scheme, host
// and port, and for a star below a single label ("*.org").
events::Result<DomainPattern> parse_domain(std::string_view utf8);

// The one spelling: what parse_domain() gives the same for.
std::string to_text(const DomainPattern& domain);

// By which the company's log names it where it stands in clear; the same domain has the same id.
events::Uuid domain_id(const events::TenantKeys& keys, const DomainPattern& domain);

// What stands in an Origin field (RFC 6454). Nothing for "null" and for anything but http and
// https.
struct WebOrigin {
    std::string scheme;
    std::string host;
    std::uint16_t port = 0;
};
std::optional<WebOrigin> parse_origin(std::string_view text);

// Ports count, but for this machine's own names (localhost, 127.0.0.1, [::1]) without one.
bool allows(const DomainPattern& domain, const WebOrigin& origin);
bool allows(const std::vector<DomainPattern>& domains, const WebOrigin& origin);

// The directive that lets these sites, and nobody else, put a page into a frame (CSP 3, 6.4.2).
std::string frame_ancestors(const std::vector<DomainPattern>& domains);

}  // namespace gateway

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/http_peer.hpp"

// Who is behind a proxy. What a request says about its way counts only as far as a proxy that is
// trusted has written it; the rest may be the client's invention.
namespace gateway {

// Which fields the proxies write. A proxy passes the other kind through as the client sent it, so
// only one kind may count.
enum class ForwardedBy : std::uint8_t {
    kXForwarded,  // X-Forwarded-For and X-Forwarded-Proto
    kForwarded    // Forwarded (RFC 7239)
};

struct ProxyTrust {
    std::vector<AddressRange> proxies;  // none: no such field counts
    ForwardedBy fields = ForwardedBy::kXForwarded;
};

struct Origin {
    PeerAddress peer;
    bool secure = false;  // the client's own connection is over TLS
};

// From the connection's own origin to the request's: while the hop is a trusted proxy, the one
// before it as that proxy wrote it (from the right). What cannot be read ends the way there. Names
// of the fields are in lower case.
Origin origin_of(const std::vector<std::pair<std::string, std::string>>& fields,
                 const Origin& connection,
                 const ProxyTrust& trust);

}  // namespace gateway

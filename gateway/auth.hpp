#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/access.hpp"
#include "gateway/budgets.hpp"
#include "gateway/outcome.hpp"
#include "gateway/services.hpp"

// Who is asking, by the credential that the request carries. Of tokens only the SHA-256 is known.
namespace gateway {

// How long a token once found is believed without looking again; a revoked one works that long.
inline constexpr std::int64_t kTokenLeaseMs = 5'000;
inline constexpr std::size_t kKnownTokensMax = 10'000;

// Tells whose credential it is; 401 when it is none (any more). The request outlives the call.
using Verifier = std::function<net::awaitable<Outcome<Principal>>(const Request& request)>;

class Authenticator {
  public:
    explicit Authenticator(const Services& services) : services_(services) {}

    // The other audiences' verifiers: `portal` for a request with a session cookie, `visitor` for a
    // bearer token with the tag "vst", `customer` for "cst". Set before the first request.
    void set_portal(Verifier verify) { portal_ = std::move(verify); }
    void set_visitor(Verifier verify) { visitor_ = std::move(verify); }
    void set_customer(Verifier verify) { customer_ = std::move(verify); }

    // 401 with WWW-Authenticate for a missing, malformed or unknown credential; 403 for one that
    // does not fit `access`; 429 for nobody known, or a visitor, who asks too much. A route for
    // everybody gets a principal of nobody's. `request` and `access` outlive the call.
    net::awaitable<Outcome<Principal>> authenticate(const Request& request, const Access& access);

  private:
    struct Known {
        Principal principal;
        std::int64_t until_ms;
    };
    net::awaitable<Outcome<Principal>> identify(const Request& request);
    net::awaitable<Outcome<Principal>> find_token(events::TenantId tenant,
                                                  events::Digest token_sha256);

    const Services& services_;
    Verifier portal_;
    Verifier visitor_;
    Verifier customer_;
    Budgets budgets_;
    std::mutex mutex_;
    std::map<events::Digest, Known> known_;  // under mutex_
};

// 401 with WWW-Authenticate.
std::unexpected<Response> unauthorized(std::string_view detail);

// A token's text is TENANT-TAG-REST: its tenant and rest; nothing when it has another form or tag.
struct TokenText {
    events::TenantId tenant;
    std::string_view rest;
};
std::optional<TokenText> parse_token(std::string_view token, std::string_view tag);

// The credentials behind "Bearer ", whose name is case-insensitive (RFC 9110, 11.1).
std::optional<std::string_view> bearer_token(const Request& request);

// The value of a cookie by its name (RFC 6265, 5.4); the first when there are several.
std::optional<std::string_view> cookie_of(const Request& request, std::string_view name);

// The portals' session cookie: over TLS it carries the __Host- prefix.
inline constexpr std::string_view kSessionCookie = "parlour_session";
inline constexpr std::string_view kSecureSessionCookie = "__Host-parlour_session";

}  // namespace gateway

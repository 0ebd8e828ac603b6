#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "gateway/auth.hpp"
#include "gateway/http.hpp"
#include "gateway/services.hpp"

// The session of a log-in to the portals: its token, the cookie that carries it, and the token that
// keeps other sites from using the cookie (X-CSRF-Token). Nobody but the browser has the token: we
// keep its SHA-256.
namespace gateway {

inline constexpr std::string_view kSessionTag = "ses";
inline constexpr std::int64_t kSessionValidMs = std::int64_t{7} * 24 * 60 * 60 * 1000;

struct SessionToken {
    events::TenantId tenant;
    events::Uuid session;
    std::string text;  // secret: in a cookie only
};

// A fresh one: TENANT-ses- and hex(session 16 | random 32).
SessionToken make_session_token(const events::TenantId& tenant);
// Nothing for a text of another form.
std::optional<SessionToken> parse_session_token(std::string_view text);
// The one that the request's cookie carries. Over TLS a cookie without the __Host- prefix counts
// for nothing: a neighbouring host could have set it.
std::optional<SessionToken> session_token_of(const Request& request);

// What a page of ours sends as X-CSRF-Token beside the cookie; it does not tell the token.
std::string csrf_token_of(const SessionToken& token);

// The value of Set-Cookie that hands the token over, and the one that takes it back.
std::string session_cookie(const SessionToken& token, bool secure);
std::string no_session_cookie(bool secure);

// For Authenticator::set_portal. 401 when the session is over or of a password before the account's
// (session_hold.hpp), its account locked or no member of the company any more; 403
// "csrf-token-wrong" for a request that changes something without the right X-CSRF-Token. Reads the
// views every time: what is taken away is gone at once.
Verifier portal_verifier(const Services& services);

}  // namespace gateway

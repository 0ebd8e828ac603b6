#include "gateway/portal_session.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "gateway/session_hold.hpp"

namespace gateway {
namespace {

using events::Result;

constexpr std::size_t kSecretBytes = 32;

std::string cookie_text(std::string_view value, bool secure, std::int64_t max_age_s) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
                       secure ? kSecureSessionCookie : kSessionCookie,
                       value,
                       max_age_s,
                       secure ? "; Secure" : "");
}

bool changes_something(const Request& request) {
    return request.method != "GET" && request.method != "HEAD";
}

// Whether the session counts for an account that can be used.
Result<bool> counts(const Services& services, const projections::SessionItem& session) {
    const auto account = services.views.accounts.find(services.store, session.account);
    if (!account) return std::unexpected(account.error());
    return *account && (*account)->usable() && !(*account)->locked &&
           holds(session, **account, services.now_ms());
}

// What the account may do in the company of its session; false when it may not be there.
Result<bool> add_membership(const Services& services, Principal& principal) {
    const auto& views = services.views;
    if (principal.tenant == events::kPlatformTenant) return true;
    auto member = views.companies.member(services.store, principal.tenant, principal.actor);
    if (!member) return std::unexpected(member.error());
    if (!*member || (*member)->locked) return false;
    principal.roles = std::move((*member)->roles);
    const auto expert = views.roster.of_account(services.store, principal.tenant, principal.actor);
    if (!expert) return std::unexpected(expert.error());
    if (*expert && !(*expert)->deactivated) principal.expert = (*expert)->expert;
    return true;
}

// Nothing for a session that is none, or none any more.
Result<std::optional<Principal>> look_up(const Services& services, const SessionToken& token) {
    const auto session = services.views.sessions.find(services.store, token.tenant, token.session);
    if (!session) return std::unexpected(session.error());
    if (!*session) return std::nullopt;
    const auto digest = events::sha256({token.text});
    const auto bytes = [](const events::Digest& from) {
        return std::string_view(reinterpret_cast<const char*>(from.data()), from.size());
    };
    if (!events::equal_secrets(bytes(digest), bytes((*session)->token_sha256))) {
        return std::nullopt;
    }
    const auto counted = counts(services, **session);
    if (!counted) return std::unexpected(counted.error());
    if (!*counted) return std::nullopt;
    Principal principal;
    principal.audience = Audience::kPortal;
    principal.tenant = token.tenant;
    principal.actor_kind = parlour::log::v1::ACTOR_KIND_ACCOUNT;
    principal.actor = (*session)->account;
    principal.session = token.session;
    const auto there = add_membership(services, principal);
    if (!there) return std::unexpected(there.error());
    if (!*there) return std::nullopt;
    return std::optional(std::move(principal));
}

// `request` outlives the call, as a Verifier's does.
net::awaitable<Outcome<Principal>> verify(const Services* services, const Request& request) {
    const auto token = session_token_of(request);
    if (!token) co_return unauthorized("Log in.");
    auto found = co_await offload(services->pool,
                                  [services, token = *token] { return look_up(*services, token); });
    if (!found) co_return std::unexpected(problem(found.error()));
    if (!*found) co_return unauthorized("The session is over: log in again.");
    if (changes_something(request) &&
        !events::equal_secrets(request.header("x-csrf-token").value_or(""),
                               csrf_token_of(*token))) {
        co_return refuse(403, "csrf-token-wrong", "Send the session's csrf_token as X-CSRF-Token.");
    }
    co_return *std::move(*found);
}

}  // namespace

SessionToken make_session_token(const events::TenantId& tenant) {
    std::array<std::uint8_t, kSecretBytes> secret{};
    events::fill_random(secret);
    SessionToken token{.tenant = tenant, .session = events::random_id<events::Uuid>(), .text = {}};
    token.text =
        fmt::format("{}-{}-{}{}",
                    events::to_text(tenant),
                    kSessionTag,
                    events::to_hex(token.session.view()),
                    events::to_hex({reinterpret_cast<const char*>(secret.data()), secret.size()}));
    return token;
}

std::optional<SessionToken> parse_session_token(std::string_view text) {
    const auto parsed = parse_token(text, kSessionTag);
    const auto bytes = parsed ? events::from_hex(parsed->rest) : std::nullopt;
    if (!bytes || bytes->size() != events::Uuid::kSize + kSecretBytes) return std::nullopt;
    const auto session = events::Uuid::from_bytes(bytes->substr(0, events::Uuid::kSize));
    return SessionToken{.tenant = parsed->tenant, .session = *session, .text = std::string(text)};
}

std::optional<SessionToken> session_token_of(const Request& request) {
    const auto text = cookie_of(request, request.secure ? kSecureSessionCookie : kSessionCookie);
    return text ? parse_session_token(*text) : std::nullopt;
}

std::string csrf_token_of(const SessionToken& token) {
    const auto digest = events::sha256({"parlour/csrf/v1", token.text});
    return events::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string session_cookie(const SessionToken& token, bool secure) {
    return cookie_text(token.text, secure, kSessionValidMs / 1000);
}

std::string no_session_cookie(bool secure) {
    return cookie_text("", secure, 0);
}

Verifier portal_verifier(const Services& services) {
    return [services = &services](const Request& request) { return verify(services, request); };
}

}  // namespace gateway

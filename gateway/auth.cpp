#include "gateway/auth.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/async.hpp"

namespace gateway {
namespace {

constexpr std::size_t kTokenBytesMax = 256;
constexpr std::string_view kTokenTag = "-tok-";

std::unexpected<Response> unauthorized(std::string_view detail) {
    Response response = problem(401, "unauthorized", detail);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return std::unexpected(std::move(response));
}

// The credentials behind "Bearer ", whose name is case-insensitive (RFC 9110, 11.1).
std::optional<std::string_view> bearer_token(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    if (authorization.size() <= kScheme.size() || authorization.size() > kTokenBytesMax) {
        return std::nullopt;
    }
    const bool bearer = std::ranges::equal(
        authorization.substr(0, kScheme.size()), kScheme, [](char given, char wanted) {
            return (given >= 'A' && given <= 'Z' ? given - 'A' + 'a' : given) == wanted;
        });
    if (!bearer) return std::nullopt;
    return authorization.substr(kScheme.size());
}

std::optional<events::TenantId> tenant_of_token(std::string_view token) {
    constexpr std::size_t kTenantDigits = events::TenantId::kSize * 2;
    if (token.substr(std::min(token.size(), kTenantDigits)).substr(0, kTokenTag.size()) !=
        kTokenTag) {
        return std::nullopt;
    }
    return events::parse_tenant(token.substr(0, kTenantDigits));
}

}  // namespace

net::awaitable<Outcome<Principal>> Authenticator::find(events::TenantId tenant,
                                                       events::Digest token_sha256) {
    const auto now = services_.now_ms();
    {
        const std::lock_guard lock(mutex_);
        const auto known = known_.find(token_sha256);
        if (known != known_.end() && now < known->second.until_ms) {
            co_return known->second.principal;
        }
    }
    const auto* const services = &services_;
    auto token = co_await offload(services_.pool, [services, tenant, token_sha256] {
        return services->access.find(services->store, tenant, token_sha256);
    });
    if (!token) {
        if (token.error().code == events::Errc::kNotFound) {
            co_return unauthorized("The API token is not known.");
        }
        co_return std::unexpected(problem(token.error()));
    }
    Principal principal{.tenant = tenant, .token = token->id, .scopes = std::move(token->scopes)};
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kKnownTokensMax) known_.clear();
    known_.insert_or_assign(token_sha256,
                            Known{.principal = principal, .until_ms = now + kTokenLeaseMs});
    co_return principal;
}

net::awaitable<Outcome<Principal>> Authenticator::authenticate(std::string authorization,
                                                               parlour::company::v1::Scope scope) {
    const auto token = bearer_token(authorization);
    if (!token) co_return unauthorized("Send an API token: Authorization: Bearer TOKEN.");
    const auto tenant = tenant_of_token(*token);
    if (!tenant) co_return unauthorized("The API token is not known.");
    auto principal = co_await find(*tenant, events::sha256({*token}));
    if (principal && std::ranges::find(principal->scopes, scope) == principal->scopes.end()) {
        co_return refuse(403, "scope-missing", "The API token lacks the scope for this.");
    }
    co_return principal;
}

}  // namespace gateway

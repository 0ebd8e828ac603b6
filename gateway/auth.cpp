#include "gateway/auth.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/async.hpp"

namespace gateway {
namespace {

// A visitor's with an identity in it is the longest.
constexpr std::size_t kTokenBytesMax = 2'048;

}  // namespace

std::unexpected<Response> unauthorized(std::string_view detail) {
    Response response = problem(401, "unauthorized", detail);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return std::unexpected(std::move(response));
}

std::optional<std::string_view> bearer_token(const Request& request) {
    constexpr std::string_view kScheme = "bearer ";
    const auto authorization = request.header("authorization").value_or("");
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

std::optional<TokenText> parse_token(std::string_view token, std::string_view tag) {
    constexpr std::size_t kTenantDigits = events::TenantId::kSize * 2;
    if (token.size() < kTenantDigits + tag.size() + 2) return std::nullopt;
    const auto tenant = events::parse_tenant(token.substr(0, kTenantDigits));
    const auto behind = token.substr(kTenantDigits);
    if (!tenant || behind.front() != '-' || behind.substr(1, tag.size()) != tag ||
        behind[1 + tag.size()] != '-') {
        return std::nullopt;
    }
    return TokenText{.tenant = *tenant, .rest = behind.substr(tag.size() + 2)};
}

std::optional<std::string_view> cookie_of(const Request& request, std::string_view name) {
    auto left = request.header("cookie").value_or("");
    while (!left.empty()) {
        const auto end = std::min(left.find(';'), left.size());
        auto pair = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

net::awaitable<Outcome<Principal>> Authenticator::find_token(events::TenantId tenant,
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
        return services->views.access.find(services->store, tenant, token_sha256);
    });
    if (!token) {
        if (token.error().code == events::Errc::kNotFound) {
            co_return unauthorized("The API token is not known.");
        }
        co_return std::unexpected(problem(token.error()));
    }
    Principal principal;
    principal.audience = Audience::kIntegrator;
    principal.tenant = tenant;
    principal.actor_kind = parlour::log::v1::ACTOR_KIND_API_TOKEN;
    principal.actor = token->id;
    principal.scopes = std::move(token->scopes);
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kKnownTokensMax) known_.clear();
    known_.insert_or_assign(token_sha256,
                            Known{.principal = principal, .until_ms = now + kTokenLeaseMs});
    co_return principal;
}

net::awaitable<Outcome<Principal>> Authenticator::identify(const Request& request) {
    if (request.header("authorization")) {
        const auto text = bearer_token(request);
        if (!text) co_return unauthorized("Send a token: Authorization: Bearer TOKEN.");
        if (visitor_ && parse_token(*text, "vst")) co_return co_await visitor_(request);
        if (customer_ && parse_token(*text, "cst")) co_return co_await customer_(request);
        const auto token = parse_token(*text, "tok");
        if (!token) co_return unauthorized("The token is not known.");
        co_return co_await find_token(token->tenant, events::sha256({*text}));
    }
    const bool has_session =
        cookie_of(request, kSecureSessionCookie) || cookie_of(request, kSessionCookie);
    if (has_session && portal_) co_return co_await portal_(request);
    co_return unauthorized("Send a token (Authorization: Bearer TOKEN) or log in.");
}

net::awaitable<Outcome<Principal>> Authenticator::authenticate(const Request& request,
                                                               const Access& access) {
    const auto now = services_.now_ms();
    if (access.everybody) {
        if (auto refusal = budgets_.refuse(access.budget, request, now)) {
            co_return std::unexpected(std::move(*refusal));
        }
        co_return Principal{};
    }
    auto principal = co_await identify(request);
    if (!principal) {
        const bool tried = request.header("authorization") || request.header("cookie");
        if (tried && principal.error().status == 401) services_.metrics.failed_tokens.add();
        co_return principal;
    }
    if (auto refusal = refusal_of(access, *principal)) {
        co_return std::unexpected(std::move(*refusal));
    }
    if (principal->audience == Audience::kVisitor) {
        if (auto refusal = budgets_.refuse_visitor(*principal, request, now)) {
            co_return std::unexpected(std::move(*refusal));
        }
        const bool writes = request.method != "GET" && request.method != "HEAD";
        if (auto refusal = writes && services_.strangers
                               ? services_.strangers->refuse_write(principal->tenant, now)
                               : std::nullopt) {
            co_return std::unexpected(std::move(*refusal));
        }
    }
    co_return principal;
}

}  // namespace gateway

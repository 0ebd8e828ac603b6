#include "gateway/customer_session.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "gateway/session_hold.hpp"

namespace gateway {
namespace {

using events::Result;
using events::Uuid;

constexpr std::size_t kSecretBytes = 32;

std::string_view view_of(const events::Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The account of a session that goes on; nothing for one that is over, or none.
Result<std::optional<Uuid>> account_of_session(const Services& services,
                                               const CustomerToken& token) {
    const auto session = services.views.sessions.find(services.store, token.tenant, token.session);
    if (!session) return std::unexpected(session.error());
    if (!*session || !events::equal_secrets(view_of(events::sha256({token.text})),
                                            view_of((*session)->token_sha256))) {
        return std::nullopt;
    }
    const auto account = services.views.accounts.find(services.store, (*session)->account);
    if (!account) return std::unexpected(account.error());
    if (!*account || !(*account)->usable() || (*account)->locked ||
        (*account)->company != token.tenant || !holds(**session, **account, services.now_ms())) {
        return std::nullopt;
    }
    return (*session)->account;
}

// `request` outlives the call, as a Verifier's does.
net::awaitable<Outcome<Principal>> verify(const Services* services, const Request& request) {
    const auto text = bearer_token(request);
    const auto token = text ? parse_customer_token(*text) : std::nullopt;
    if (!token) co_return unauthorized("The token is not known.");
    const auto account = co_await offload(services->pool, [services, token = *token] {
        return account_of_session(*services, token);
    });
    if (!account) co_return std::unexpected(problem(account.error()));
    if (!*account) co_return unauthorized("The session is over: log in again.");
    const auto keys = services->keys.tenant_keys(token->tenant);
    if (!keys) co_return std::unexpected(problem(keys.error()));
    Principal principal;
    principal.audience = Audience::kVisitor;
    principal.tenant = token->tenant;
    principal.actor_kind = parlour::log::v1::ACTOR_KIND_VISITOR;
    principal.actor = visitor_of_account(**keys, **account);
    principal.widget = token->widget;
    principal.session = token->session;
    principal.customer = **account;
    co_return principal;
}

}  // namespace

CustomerToken make_customer_token(const events::TenantId& tenant, const Uuid& widget) {
    std::array<std::uint8_t, kSecretBytes> secret{};
    events::fill_random(secret);
    CustomerToken token{
        .tenant = tenant, .session = events::random_id<Uuid>(), .widget = widget, .text = {}};
    token.text =
        fmt::format("{}-{}-{}{}{}",
                    events::to_text(tenant),
                    kCustomerTag,
                    events::to_hex(token.session.view()),
                    events::to_hex(widget.view()),
                    events::to_hex({reinterpret_cast<const char*>(secret.data()), secret.size()}));
    return token;
}

std::optional<CustomerToken> parse_customer_token(std::string_view text) {
    const auto parsed = parse_token(text, kCustomerTag);
    const auto bytes = parsed ? events::from_hex(parsed->rest) : std::nullopt;
    if (!bytes || bytes->size() != 2 * Uuid::kSize + kSecretBytes) return std::nullopt;
    return CustomerToken{.tenant = parsed->tenant,
                         .session = *Uuid::from_bytes(bytes->substr(0, Uuid::kSize)),
                         .widget = *Uuid::from_bytes(bytes->substr(Uuid::kSize, Uuid::kSize)),
                         .text = std::string(text)};
}

Uuid visitor_of_account(const events::TenantKeys& keys, const Uuid& account) {
    return events::id_from<Uuid>(
        events::keyed_hash(keys.blind_index, {"visitor-account", account.view()}));
}

events::Result<bool> takes_customers(const Services& services, const events::TenantId& tenant) {
    const auto company =
        services.views.companies.profile(services.store, services.keys, tenant, services.now_ms());
    if (!company) return std::unexpected(company.error());
    return *company && (*company)->kept && (*company)->kept->customer_accounts();
}

Verifier customer_verifier(const Services& services) {
    return [services = &services](const Request& request) { return verify(services, request); };
}

}  // namespace gateway

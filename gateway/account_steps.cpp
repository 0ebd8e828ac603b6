#include "gateway/account_steps.hpp"

#include <vector>

#include "commands/session.hpp"
#include "events/crypto.hpp"
#include "gateway/mail_token.hpp"

namespace gateway {
namespace {

using events::Result;
using events::Uuid;

using TenantSession = std::pair<events::TenantId, Uuid>;

Result<std::vector<TenantSession>> sessions_of(const Services& services, const Uuid& account) {
    const auto item = services.views.accounts.find(services.store, account);
    if (!item) return std::unexpected(item.error());
    std::vector<events::TenantId> tenants{events::kPlatformTenant};
    if (*item) tenants.insert(tenants.end(), (*item)->companies.begin(), (*item)->companies.end());
    if (*item && (*item)->company) tenants.push_back(*(*item)->company);
    std::vector<TenantSession> found;
    for (const auto& tenant : tenants) {
        const auto sessions = services.views.sessions.of_account(services.store, tenant, account);
        if (!sessions) return std::unexpected(sessions.error());
        for (const auto& session : *sessions) found.emplace_back(tenant, session.id);
    }
    return found;
}

}  // namespace

commands::CommandMeta step_meta(const events::TenantKeys& keys,
                                const events::TenantId& tenant,
                                const std::optional<Uuid>& who,
                                std::int64_t now_ms) {
    Principal principal;
    principal.tenant = tenant;
    principal.actor_kind =
        who ? parlour::log::v1::ACTOR_KIND_ACCOUNT : parlour::log::v1::ACTOR_KIND_SYSTEM;
    auto meta = meta_for(principal,
                         events::random_id<events::CommandId>(),
                         body_digest(keys, {"account-step"}),
                         now_ms);
    meta.actor = who;
    return meta;
}

net::awaitable<Result<Uuid>> keep_new_password(const AccountServices* accounts,
                                               events::Personal password) {
    const auto hash = co_await accounts->hasher.hash(std::move(password));
    if (!hash) co_return std::unexpected(hash.error());
    const auto credential = events::random_id<Uuid>();
    auto* const keys = &accounts->services.keys;
    const auto kept = co_await offload(accounts->services.pool, [keys, credential, &hash = *hash] {
        return keys->put_secret(
            events::kPlatformTenant, kPasswordSecret, credential, hash.reveal());
    });
    if (!kept) co_return std::unexpected(kept.error());
    co_return credential;
}

// A secret that stays behind unlocks nothing: no event names it.
net::awaitable<void> drop_password(const Services* services, Uuid credential) {
    auto* const keys = &services->keys;
    co_await offload(services->pool, [keys, credential] {
        return keys->destroy_secret(events::kPlatformTenant, kPasswordSecret, credential)
            .has_value();
    });
}

net::awaitable<void> mail_known_address(const Services* services,
                                        projections::AccountItem account) {
    co_await take_step<commands::Mail>(
        services,
        events::kPlatformTenant,
        events::random_id<Uuid>(),
        commands::QueueMail{.what = parlour::mail::v1::TEMPLATE_ADDRESS_KNOWN,
                            .locale = account.locale,
                            .recipient_kind = parlour::mail::v1::RECIPIENT_KIND_ACCOUNT,
                            .recipient_tenant = events::kPlatformTenant,
                            .recipient = account.id,
                            .conversation = std::nullopt,
                            .from = {},
                            .up_to = {}});
}

Result<commands::MailedToken> new_token(const Services& services, std::int64_t valid_ms) {
    const auto keys = services.keys.tenant_keys(events::kPlatformTenant);
    if (!keys) return std::unexpected(keys.error());
    const auto mail = events::random_id<Uuid>();
    return commands::MailedToken{.sha256 = events::sha256({mail_secret(**keys, mail)}),
                                 .valid_until_ms = services.now_ms() + valid_ms,
                                 .mail = mail};
}

std::optional<AccountToken> account_token(std::string_view text) {
    const auto token = parse_link_token(text);
    if (!token || token->about.tenant != events::kPlatformTenant || token->about.tag != "acc") {
        return std::nullopt;
    }
    return AccountToken{.account = token->about.uuid, .sha256 = events::sha256({token->secret})};
}

net::awaitable<bool> end_sessions(const Services* services,
                                  Uuid account,
                                  std::optional<Uuid> kept,
                                  parlour::session::v1::SessionEnd reason) {
    const auto sessions = co_await offload(
        services->pool, [services, account] { return sessions_of(*services, account); });
    if (!sessions) co_return false;
    bool all = true;
    for (const auto& [tenant, session] : *sessions) {
        if (session == kept) continue;
        const auto ended = co_await take_step<commands::Session>(
            services, tenant, session, commands::EndSession{reason}, account);
        const bool elsewhere = ended && services->is_elsewhere && services->is_elsewhere(tenant);
        all = ended && (!elsewhere || co_await services->settled_there(tenant, ended->position)) &&
              all;
    }
    co_return all;
}

}  // namespace gateway

#include "gateway/account_access.hpp"

#include <utility>

#include "commands/account.hpp"
#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "gateway/limits.hpp"
#include "gateway/session_hold.hpp"
#include "gateway/view_wait.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Result;
using events::SecretText;

// The account of an address with its hash; the same reads are done where there is none.
struct Candidate {
    std::optional<projections::AccountItem> account;
    SecretText hash;
};

// With a hash that fits nothing where there is no account, or no hash of it.
Result<Candidate> with_hash(const Services& services,
                            std::optional<projections::AccountItem> account) {
    auto hash =
        services.keys.get_secret(events::kPlatformTenant,
                                 kPasswordSecret,
                                 account ? account->credential : events::random_id<events::Uuid>());
    if (hash) return Candidate{.account = std::move(account), .hash = *std::move(hash)};
    if (hash.error().code != Errc::kNotFound && hash.error().code != Errc::kErased) {
        return std::unexpected(hash.error());
    }
    return Candidate{.account = std::nullopt, .hash = PasswordHasher::unmatched()};
}

Result<Candidate> candidate_of(const Services& services,
                               const events::Personal& email,
                               const std::optional<events::TenantId>& customer_of) {
    auto account = account_of(services, email, customer_of);
    if (!account) return std::unexpected(account.error());
    return with_hash(services, *std::move(account));
}

Result<Login> login_of(const Services& services, const projections::AccountItem& account) {
    Login login{.shown = {.account = account.id, .credential = account.credential},
                .companies = {}};
    for (const auto& company : account.companies) {
        const auto member = services.views.companies.member(services.store, company, account.id);
        if (!member) return std::unexpected(member.error());
        if (*member && !(*member)->locked) login.companies.push_back(company);
    }
    return login;
}

std::unexpected<events::Error> views_are_behind() {
    return events::fail(Errc::kUnavailable, "the views are behind");
}

}  // namespace

events::Uuid email_reservation(const events::TenantKeys& platform,
                               std::string_view email,
                               const std::optional<events::TenantId>& customer_of) {
    std::string folded;
    for (const char c : email) {
        folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return events::id_from<events::Uuid>(
        customer_of ? events::keyed_hash(platform.blind_index,
                                         {"customer-email", customer_of->view(), folded})
                    : events::keyed_hash(platform.blind_index, {"account-email", folded}));
}

events::Personal counted_as(const events::Personal& email,
                            const std::optional<events::TenantId>& customer_of) {
    if (!customer_of) return email;
    return events::Personal(events::to_text(*customer_of) + ' ' + std::string(email.reveal()));
}

Result<std::optional<projections::AccountItem>> account_of(
    const Services& services,
    const events::Personal& email,
    const std::optional<events::TenantId>& customer_of) {
    const auto keys = services.keys.tenant_keys(events::kPlatformTenant);
    if (!keys) return std::unexpected(keys.error());
    const auto held = services.views.accounts.reservation(
        services.store, email_reservation(**keys, email.reveal(), customer_of));
    if (!held) return std::unexpected(held.error());
    return services.views.accounts.find(
        services.store, *held ? (*held)->holder : events::random_id<events::Uuid>());
}

net::awaitable<Result<std::optional<Login>>> check_password(
    const AccountServices* accounts,
    events::Personal email,
    events::Personal password,
    std::optional<events::TenantId> customer_of) {
    const auto* const services = &accounts->services;
    if (!co_await caught_up(services, events::kPlatformTenant, kMinPositionWait)) {
        co_return views_are_behind();
    }
    auto candidate =
        co_await offload(services->pool, [services, email = std::move(email), customer_of] {
            return candidate_of(*services, email, customer_of);
        });
    if (!candidate) co_return std::unexpected(candidate.error());
    const auto matches =
        co_await accounts->hasher.matches(std::move(candidate->hash), std::move(password));
    if (!matches) co_return std::unexpected(matches.error());
    const auto& account = candidate->account;
    if (!*matches || !account || !account->usable() || account->locked) co_return std::nullopt;
    for (const auto& company : account->companies) {
        if (!co_await caught_up(services, company, kMinPositionWait)) {
            co_return views_are_behind();
        }
    }
    auto login = co_await offload(
        services->pool, [services, account = *account] { return login_of(*services, account); });
    if (!login) co_return std::unexpected(login.error());
    co_return std::optional(*std::move(login));
}

net::awaitable<Result<std::optional<Shown>>> show_password(const AccountServices* accounts,
                                                           events::Uuid account,
                                                           events::Personal password) {
    const auto* const services = &accounts->services;
    auto candidate = co_await offload(services->pool, [services, account]() -> Result<Candidate> {
        auto item = services->views.accounts.find(services->store, account);
        if (!item) return std::unexpected(item.error());
        return with_hash(*services, *std::move(item));
    });
    if (!candidate) co_return std::unexpected(candidate.error());
    const auto matches =
        co_await accounts->hasher.matches(std::move(candidate->hash), std::move(password));
    if (!matches) co_return std::unexpected(matches.error());
    if (!candidate->account || !*matches) co_return std::nullopt;
    co_return Shown{.account = account, .credential = candidate->account->credential};
}

net::awaitable<Result<std::vector<projections::SessionItem>>> sessions_that_hold(
    const Services* services, events::TenantId tenant, events::Uuid account) {
    co_return co_await offload(
        services->pool,
        [services, tenant, account]() -> Result<std::vector<projections::SessionItem>> {
            const auto item = services->views.accounts.find(services->store, account);
            if (!item) return std::unexpected(item.error());
            auto sessions = services->views.sessions.of_account(services->store, tenant, account);
            if (!sessions) return std::unexpected(sessions.error());
            std::erase_if(*sessions, [&](const projections::SessionItem& session) {
                return !*item || !holds(session, **item, services->now_ms());
            });
            return sessions;
        });
}

}  // namespace gateway

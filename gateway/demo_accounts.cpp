#include "gateway/demo_accounts.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "commands/reservation.hpp"
#include "gateway/account_access.hpp"
#include "gateway/execute_now.hpp"
#include "gateway/passwords.hpp"

namespace gateway {
namespace {

using commands::Account;
using commands::Company;
using commands::Reservation;
using events::Status;
using events::Uuid;
using parlour::company::v1::Role;

constexpr std::int64_t kConfirmWithinMs = std::int64_t{10} * 60 * 1000;

struct DemoPerson {
    std::string_view name;
    std::string_view email;
    std::string_view password;
};

// The commands that make one account; each is the same at every start.
class Maker {
  public:
    Maker(const events::Key256& key, commands::Writer& writer, std::int64_t now_ms)
        : key_(key), writer_(writer), now_ms_(now_ms) {}

    template <class AnyId>
    [[nodiscard]] AnyId derived(std::string_view what, std::string_view email) const {
        return events::id_from<AnyId>(events::keyed_hash(key_, {"account", what, email}));
    }

    template <commands::Decider A>
    Status run(const events::TenantId& tenant,
               const Uuid& stream,
               std::string_view step,
               std::string_view email,
               typename A::Command command) {
        commands::CommandMeta meta;
        meta.tenant = tenant;
        meta.id = derived<events::CommandId>(step, email);
        meta.now_ms = now_ms_;
        const auto answer = execute_now<A>(writer_, stream, std::move(command), meta);
        if (answer) return {};
        if (answer.error().error) return std::unexpected(*answer.error().error);
        return events::fail(events::Errc::kConflict, "the demo accounts cannot be made here");
    }

    // Nobody takes it for one that was left behind meanwhile.
    [[nodiscard]] std::int64_t confirm_before_ms() const { return now_ms_ + kConfirmWithinMs; }

  private:
    const events::Key256& key_;
    commands::Writer& writer_;
    std::int64_t now_ms_;
};

// The hash is made once; one that was destroyed since was replaced by a newer password's.
Status keep_password(events::KeyRing& keys, const Uuid& credential, std::string_view password) {
    const auto kept = keys.get_secret(events::kPlatformTenant, kPasswordSecret, credential);
    if (kept || kept.error().code == events::Errc::kErased) return {};
    if (kept.error().code != events::Errc::kNotFound) return std::unexpected(kept.error());
    const auto hash = hash_password(password);
    if (!hash) return std::unexpected(hash.error());
    return keys.put_secret(events::kPlatformTenant, kPasswordSecret, credential, hash->reveal());
}

Status ensure_account(Maker& maker,
                      const DemoPerson& person,
                      const events::TenantId& company,
                      events::KeyRing& keys) {
    const auto platform = keys.tenant_keys(events::kPlatformTenant);
    if (!platform) return std::unexpected(platform.error());
    const auto account = maker.derived<Uuid>("id", person.email);
    const auto credential = maker.derived<Uuid>("credential", person.email);
    const auto reservation = email_reservation(**platform, person.email);
    const commands::Holder holder{.tenant = events::kPlatformTenant, .id = account};
    const auto step = [&]<commands::Decider A>(
                          std::string_view what, const Uuid& stream, typename A::Command command) {
        return maker.run<A>(
            events::kPlatformTenant, stream, what, person.email, std::move(command));
    };
    auto status = keep_password(keys, credential, person.password);
    if (status) {
        status = step.operator()<Reservation>(
            "reserve",
            reservation,
            commands::Reserve{.holder = holder, .confirm_before_ms = maker.confirm_before_ms()});
    }
    if (status) {
        status = step.operator()<Account>(
            "register",
            account,
            commands::RegisterAccount{.name = events::Personal(std::string(person.name)),
                                      .email = events::Personal(std::string(person.email)),
                                      .kind = parlour::account::v1::ACCOUNT_KIND_STAFF,
                                      .locale = "en",
                                      .company = std::nullopt,
                                      .credential = credential,
                                      .confirmation = std::nullopt});
    }
    if (status) {
        status = step.operator()<Reservation>(
            "confirm", reservation, commands::ConfirmReservation{.holder = holder});
    }
    if (status) {
        status = step.operator()<Account>("complete", account, commands::CompleteRegistration{});
    }
    if (status) {
        status = step.operator()<Account>("link", account, commands::LinkCompany{company});
    }
    return status;
}

}  // namespace

Status ensure_demo_accounts(const events::Key256& key,
                            const DemoCompany& company,
                            const Uuid& company_stream,
                            events::KeyRing& keys,
                            commands::Writer& writer,
                            std::int64_t now_ms,
                            const MadeElsewhere& elsewhere) {
    Maker maker(key, writer, now_ms);
    const auto is_here = [&](const events::TenantId& tenant) {
        return !elsewhere || !elsewhere(tenant);
    };
    const bool accounts_here = is_here(events::kPlatformTenant);
    const bool company_here = is_here(company.tenant);
    const auto add = [&](const DemoPerson& person, Role role) {
        Status status;
        if (accounts_here) status = ensure_account(maker, person, company.tenant, keys);
        if (!status || !company_here) return status;
        return maker.run<Company>(
            company.tenant,
            company_stream,
            "grant",
            person.email,
            commands::GrantRoles{.account = maker.derived<Uuid>("id", person.email),
                                 .roles = {role}});
    };
    auto status = add(
        {.name = "Demo Admin", .email = company.admin_email, .password = company.admin_password},
        Role::ROLE_ADMIN);
    for (const auto& expert : company.experts) {
        if (!status) return status;
        status = add({.name = expert.name, .email = expert.email, .password = expert.password},
                     Role::ROLE_EXPERT);
        if (status && company_here) {
            status = maker.run<commands::Expert>(
                company.tenant,
                expert.id,
                "join",
                expert.email,
                commands::JoinExpert{maker.derived<Uuid>("id", expert.email)});
        }
    }
    return status;
}

}  // namespace gateway

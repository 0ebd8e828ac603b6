#include "gateway/registering.hpp"

#include <utility>

#include "commands/text.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/budgets.hpp"
#include "gateway/json_body.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Account;
using commands::Reservation;
using events::Personal;
using events::Uuid;
using parlour::reservation::v1::ReleaseReason;

// Holds the address for the account, in place of one that nobody confirmed.
net::awaitable<bool> hold_address(const Services* services, Registering who, Uuid reservation) {
    const auto held = co_await offload(services->pool, [services, reservation] {
        return services->views.accounts.reservation(services->store, reservation);
    });
    if (!held) co_return false;
    if (*held) {
        const commands::Holder before{.tenant = (*held)->holder_tenant, .id = (*held)->holder};
        const auto released = co_await take_step<Reservation>(
            services,
            events::kPlatformTenant,
            reservation,
            commands::ReleaseReservation{.holder = before,
                                         .reason = ReleaseReason::RELEASE_REASON_GIVEN_BACK});
        if (!released) co_return false;
    }
    const auto reserved = co_await take_step<Reservation>(
        services,
        events::kPlatformTenant,
        reservation,
        commands::Reserve{.holder = {.tenant = events::kPlatformTenant, .id = who.account},
                          .confirm_before_ms = services->now_ms() + kConfirmWithinMs});
    co_return reserved.has_value();
}

net::awaitable<void> register_account(const Services* services, Registering who) {
    const auto keys = services->keys.tenant_keys(events::kPlatformTenant);
    const auto known = co_await offload(
        services->pool, [services, who] { return account_of(*services, who.email, who.company); });
    if (known && *known && (*known)->usable()) {
        co_await drop_password(services, who.credential);
        co_await mail_known_address(services, **known);
        co_return;
    }
    const auto token = new_token(*services, kConfirmWithinMs);
    const bool held =
        keys && known && token &&
        co_await hold_address(
            services, who, email_reservation(**keys, who.email.reveal(), who.company));
    if (!held) {
        co_await drop_password(services, who.credential);
        co_return;
    }
    using namespace parlour::account::v1;
    const auto registered = co_await take_step<Account>(
        services,
        events::kPlatformTenant,
        who.account,
        commands::RegisterAccount{.name = who.name,
                                  .email = who.email,
                                  .kind = who.company ? ACCOUNT_KIND_CUSTOMER : ACCOUNT_KIND_STAFF,
                                  .locale = who.locale,
                                  .company = who.company,
                                  .credential = who.credential,
                                  .confirmation = *token});
    if (!registered) co_await drop_password(services, who.credential);
}

// Who an account is, and whether it is a customer's.
struct Found {
    std::optional<projections::AccountItem> account;
    std::optional<projections::PersonItem> person;
};
events::Result<Found> find_account(const Services& services, const Uuid& id) {
    auto account = services.views.accounts.find(services.store, id);
    if (!account) return std::unexpected(account.error());
    auto person =
        services.views.accounts.person(services.store, services.keys, id, services.now_ms());
    if (!person) return std::unexpected(person.error());
    return Found{.account = *std::move(account), .person = *std::move(person)};
}

// The account keeps its address for good.
net::awaitable<std::optional<Response>> keep_address(const Services* services,
                                                     Uuid account,
                                                     Found found) {
    const auto keys = services->keys.tenant_keys(events::kPlatformTenant);
    if (!keys || !found.person) co_return problem(503, "unavailable", "Log in in a moment.");
    const auto held = co_await take_step<Reservation>(
        services,
        events::kPlatformTenant,
        email_reservation(**keys, found.person->email.reveal(), found.account->company),
        commands::ConfirmReservation{{.tenant = events::kPlatformTenant, .id = account}},
        account);
    if (!held) co_return refusal_response(held.error());
    co_return std::nullopt;
}

}  // namespace

Outcome<Registering> registering_in(const json::object& object) {
    auto name = string_member(object, "name");
    if (!name) return std::unexpected(name.error());
    auto email = string_member(object, "email");
    if (!email) return std::unexpected(email.error());
    auto locale = optional_string_member(object, "locale");
    if (!locale) return std::unexpected(locale.error());
    Registering who{.name = Personal(std::move(*name)),
                    .email = Personal(std::move(*email)),
                    .locale = std::move(*locale).value_or("en"),
                    .company = std::nullopt,
                    .account = events::random_id<Uuid>(),
                    .credential = {}};
    if (!commands::is_name(who.name.reveal())) {
        return refuse(422, "name-invalid", commands::kNameRule);
    }
    if (!commands::is_email(who.email.reveal())) {
        return refuse(422, "email-invalid", commands::kEmailRule);
    }
    if (!commands::is_locale(who.locale)) {
        return refuse(422, "locale-invalid", commands::kLocaleRule);
    }
    return who;
}

bool may_mail(const AccountServices& accounts, const Personal& email) {
    const auto key = accounts.delays.key_of(email, PeerAddress());
    return !accounts.mails.take(key, accounts.services.now_ms());
}

net::awaitable<Response> begin_registration(const AccountServices* accounts,
                                            json::object body,
                                            Registering who) {
    auto password = string_member(body, "password");
    if (!password) co_return password.error();
    if (!is_password(*password)) co_return problem(422, "password-invalid", kPasswordRule);
    if (auto* const strangers = accounts->services.strangers) {
        const auto tenant = who.company.value_or(events::kPlatformTenant);
        auto refused = strangers->refuse_registration(tenant, accounts->services.now_ms());
        if (refused) co_return std::move(*refused);
    }
    const auto credential = co_await keep_new_password(accounts, Personal(std::move(*password)));
    if (!credential) co_return problem(credential.error());
    who.credential = *credential;
    const bool wanted = may_mail(*accounts, who.email);
    const auto* const services = &accounts->services;
    const bool begun = accounts->after.run([services, who, wanted] {
        return wanted ? register_account(services, who) : drop_password(services, who.credential);
    });
    if (begun) co_return json_response(202, json::object{});
    co_await drop_password(services, *credential);
    co_return problem(503, "overloaded", "Too much is under way: send the same request again.");
}

net::awaitable<Outcome<Shown>> confirm_registration(const AccountServices* accounts,
                                                    Request request,
                                                    bool customer) {
    const auto* const services = &accounts->services;
    const auto object = parse_stranger(request);
    if (!object) co_return std::unexpected(object.error());
    const auto text = string_member(*object, "token");
    if (!text) co_return std::unexpected(text.error());
    auto password = string_member(*object, "password");
    if (!password) co_return std::unexpected(password.error());
    const auto invalid = refuse(410, "token-invalid", "The link is not valid; ask for another.");
    const auto token = account_token(*text);
    if (!token) co_return invalid;
    const auto attempt = accounts->delays.key_of(Personal(*text), request.peer);
    if (const auto wait = accounts->delays.begin(attempt, services->now_ms())) {
        co_return std::unexpected(too_many("too-many-attempts", *wait));
    }
    const auto known =
        co_await show_password(accounts, token->account, Personal(std::move(*password)));
    if (!known) co_return std::unexpected(problem(known.error()));
    if (!*known) {
        services->metrics.failed_passwords.add();
        co_return std::unexpected(login_failed());
    }
    accounts->delays.succeeded(attempt);
    auto found = co_await offload(
        services->pool, [services, id = token->account] { return find_account(*services, id); });
    if (!found) co_return std::unexpected(problem(found.error()));
    if (!found->account || found->account->company.has_value() != customer) co_return invalid;
    const auto confirmed = co_await take_step<Account>(services,
                                                       events::kPlatformTenant,
                                                       token->account,
                                                       commands::ConfirmEmail{token->sha256},
                                                       token->account);
    if (!confirmed) co_return std::unexpected(refusal_response(confirmed.error()));
    if (auto failed = co_await keep_address(services, token->account, *std::move(found))) {
        co_return std::unexpected(std::move(*failed));
    }
    co_return **known;
}

}  // namespace gateway

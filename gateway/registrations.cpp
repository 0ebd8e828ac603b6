#include "gateway/registrations.hpp"

#include <memory>
#include <string>
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

struct Registering {
    Personal name;
    Personal email;
    std::string locale;
    Uuid account;
    Uuid credential;
};

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

// Whether there is an account to reckon with; one whose time to confirm is over counts for nothing.
bool is_pending(const projections::AccountItem& account, std::int64_t now_ms) {
    return !account.confirmed && !account.expired && now_ms < account.confirm_before_ms;
}

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

// Makes the account and asks its address to confirm it; a known address is told so instead.
net::awaitable<void> register_account(const Services* services, Registering who) {
    const auto keys = services->keys.tenant_keys(events::kPlatformTenant);
    const auto known = co_await offload(
        services->pool, [services, email = who.email] { return account_of(*services, email); });
    if (known && *known && (*known)->usable()) {
        co_await drop_password(services, who.credential);
        co_await mail_known_address(services, **known);
        co_return;
    }
    const auto token = new_token(*services, kConfirmWithinMs);
    const bool held =
        keys && known && token &&
        co_await hold_address(services, who, email_reservation(**keys, who.email.reveal()));
    if (!held) {
        co_await drop_password(services, who.credential);
        co_return;
    }
    const auto registered = co_await take_step<Account>(
        services,
        events::kPlatformTenant,
        who.account,
        commands::RegisterAccount{.name = who.name,
                                  .email = who.email,
                                  .kind = parlour::account::v1::ACCOUNT_KIND_STAFF,
                                  .locale = who.locale,
                                  .company = std::nullopt,
                                  .credential = who.credential,
                                  .confirmation = *token});
    if (!registered) co_await drop_password(services, who.credential);
}

// Sends the mail for an account that still waits once more; nothing for any other address.
net::awaitable<void> ask_again(const Services* services, Personal email) {
    const auto known = co_await offload(services->pool,
                                        [services, email] { return account_of(*services, email); });
    if (!known || !*known || !is_pending(**known, services->now_ms())) co_return;
    const auto token = new_token(*services, kConfirmWithinMs);
    if (!token) co_return;
    co_await take_step<Account>(
        services, events::kPlatformTenant, (*known)->id, commands::RequestConfirmation{*token});
}

Response accepted() {
    return json_response(202, json::object{});
}

Response too_busy() {
    return problem(503, "overloaded", "Too much is under way: send the same request again.");
}

class Registrations {
  public:
    explicit Registrations(const AccountServices& accounts)
        : accounts_(accounts), services_(accounts.services) {}

    net::awaitable<Response> create(Call call) const;
    net::awaitable<Response> resend(Call call) const;
    net::awaitable<Response> confirm(Call call) const;

  private:
    // Whether one more mail may go to an address.
    [[nodiscard]] bool may_mail(const Personal& email) const {
        const auto key = accounts_.delays.key_of(email, PeerAddress());
        return !accounts_.mails.take(key, services_.now_ms());
    }

    const AccountServices& accounts_;
    const Services& services_;
};

net::awaitable<Response> Registrations::create(Call call) const {
    if (accounts_.registration != Registration::kOpen) {
        co_return problem(403, "registration-closed", "Ask an administrator for an invitation.");
    }
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto who = registering_in(*object);
    if (!who) co_return who.error();
    auto password = string_member(*object, "password");
    if (!password) co_return password.error();
    if (!is_password(*password)) co_return problem(422, "password-invalid", kPasswordRule);
    const auto credential = co_await keep_new_password(&accounts_, Personal(std::move(*password)));
    if (!credential) co_return problem(credential.error());
    who->credential = *credential;
    const bool wanted = may_mail(who->email);
    const bool begun = accounts_.after.run([services = &services_, who = *who, wanted] {
        return wanted ? register_account(services, who) : drop_password(services, who.credential);
    });
    if (begun) co_return accepted();
    co_await drop_password(&services_, *credential);
    co_return too_busy();
}

net::awaitable<Response> Registrations::resend(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto email = string_member(*object, "email");
    if (!email) co_return email.error();
    Personal address(std::move(*email));
    if (!may_mail(address)) co_return accepted();
    const bool begun = accounts_.after.run([services = &services_, address = std::move(address)] {
        return ask_again(services, address);
    });
    co_return begun ? accepted() : too_busy();
}

// The password is wanted too: else a stranger registers somebody's address with a password of his
// own, and its owner confirms it for him.
net::awaitable<Response> Registrations::confirm(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    const auto text = string_member(*object, "token");
    if (!text) co_return text.error();
    auto password = string_member(*object, "password");
    if (!password) co_return password.error();
    const auto token = account_token(*text);
    if (!token) co_return problem(410, "token-invalid", "The link is not valid; ask for another.");
    const auto attempt = accounts_.delays.key_of(Personal(*text), call.request.peer);
    if (const auto wait = accounts_.delays.begin(attempt, services_.now_ms())) {
        co_return too_many("too-many-attempts", *wait);
    }
    const auto known =
        co_await is_password_of(&accounts_, token->account, Personal(std::move(*password)));
    if (!known) co_return problem(known.error());
    if (!*known) {
        services_.metrics.failed_passwords.add();
        co_return login_failed();
    }
    accounts_.delays.succeeded(attempt);
    const auto confirmed = co_await take_step<Account>(&services_,
                                                       events::kPlatformTenant,
                                                       token->account,
                                                       commands::ConfirmEmail{token->sha256},
                                                       token->account);
    if (!confirmed) co_return refusal_response(confirmed.error());
    const auto* const services = &services_;
    const auto person = co_await offload(services_.pool, [services, account = token->account] {
        return services->views.accounts.person(
            services->store, services->keys, account, services->now_ms());
    });
    const auto keys = services_.keys.tenant_keys(events::kPlatformTenant);
    if (!keys || !person || !*person) {
        co_return problem(503, "unavailable", "Log in in a moment.");
    }
    const auto held = co_await take_step<Reservation>(
        &services_,
        events::kPlatformTenant,
        email_reservation(**keys, (*person)->email.reveal()),
        commands::ConfirmReservation{{.tenant = events::kPlatformTenant, .id = token->account}},
        token->account);
    if (!held) co_return refusal_response(held.error());
    co_return co_await start_session(
        &services_, token->account, events::kPlatformTenant, call.request.secure);
}

}  // namespace

void add_registration_routes(Router& router, const AccountServices& accounts) {
    const auto routes = std::make_shared<const Registrations>(accounts);
    const Access strangers{.everybody = true, .budget = Budget::kAccount};
    router.add("POST", "/api/v1/registrations", strangers, [routes](Call call) {
        return routes->create(std::move(call));
    });
    router.add("POST", "/api/v1/registrations/mails", strangers, [routes](Call call) {
        return routes->resend(std::move(call));
    });
    router.add("POST", "/api/v1/registrations/confirmations", strangers, [routes](Call call) {
        return routes->confirm(std::move(call));
    });
}

}  // namespace gateway

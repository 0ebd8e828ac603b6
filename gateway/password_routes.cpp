#include "gateway/password_routes.hpp"

#include <memory>
#include <string>
#include <utility>

#include "gateway/account_steps.hpp"
#include "gateway/budgets.hpp"
#include "gateway/json_body.hpp"
#include "gateway/password_reset.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

using commands::Account;
using events::Personal;
using events::Uuid;

constexpr std::string_view kNotEnded =
    "The new password counts. Sessions of before end, but it was not seen yet that all have.";

Response no_content() {
    return {.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

// Whether it is the token of the newest link, used or not: nothing is hashed or stored for others.
events::Result<bool> was_asked_for(const Services& services, const AccountToken& token) {
    const auto account = services.views.accounts.find(services.store, token.account);
    if (!account) return std::unexpected(account.error());
    return *account && (*account)->reset && (*account)->reset->sha256 == token.sha256;
}

class Passwords {
  public:
    explicit Passwords(const AccountServices& accounts)
        : accounts_(accounts), services_(accounts.services) {}

    net::awaitable<Response> request_reset(Call call) const;
    net::awaitable<Response> reset(Call call) const;
    net::awaitable<Response> change(Call call) const;

  private:
    // Puts the new password in the place of the old one; `command` makes the command of its id.
    template <class Command>
    net::awaitable<std::optional<Response>> replace(Uuid account,
                                                    Personal password,
                                                    std::optional<Uuid> kept_session,
                                                    Command command) const;

    const AccountServices& accounts_;
    const Services& services_;
};

// The hash is durable before the event that names it, and gone again if there is no such event.
// Sessions of before count no more with that event; that is success once it is seen everywhere.
template <class Command>
net::awaitable<std::optional<Response>> Passwords::replace(Uuid account,
                                                           Personal password,
                                                           std::optional<Uuid> kept_session,
                                                           Command command) const {
    const auto* const services = &services_;
    const auto before = co_await offload(services_.pool, [services, account] {
        return services->views.accounts.find(services->store, account);
    });
    if (!before) co_return problem(before.error());
    const auto credential = co_await keep_new_password(&accounts_, std::move(password));
    if (!credential) co_return problem(credential.error());
    command.credential = *credential;
    const auto done = co_await take_step<Account>(
        &services_, events::kPlatformTenant, account, std::move(command), account);
    if (!done) {
        co_await drop_password(&services_, *credential);
        co_return refusal_response(done.error());
    }
    if (*before) co_await drop_password(&services_, (*before)->credential);
    const bool shown = co_await view_reached(
        &services_, events::kPlatformTenant, done->position, kMinPositionWait);
    const bool ended = co_await end_sessions(
        &services_, account, kept_session, parlour::session::v1::SESSION_END_PASSWORD_CHANGED);
    if (!shown || !ended) co_return problem(503, "sessions-not-ended", kNotEnded);
    co_return std::nullopt;
}

net::awaitable<Response> Passwords::request_reset(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto email = string_member(*object, "email");
    if (!email) co_return email.error();
    co_return begin_reset(accounts_, Personal(std::move(*email)));
}

net::awaitable<Response> Passwords::reset(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    const auto text = string_member(*object, "token");
    if (!text) co_return text.error();
    auto password = string_member(*object, "password");
    if (!password) co_return password.error();
    if (!is_password(*password)) co_return problem(422, "password-invalid", kPasswordRule);
    const auto token = account_token(*text);
    const auto* const services = &services_;
    const auto asked = co_await offload(services_.pool, [services, token] {
        return token ? was_asked_for(*services, *token) : events::Result<bool>(false);
    });
    if (!asked) co_return problem(asked.error());
    if (!*asked) co_return problem(410, "token-invalid", "The link is not valid; ask for another.");
    auto failed =
        co_await replace(token->account,
                         Personal(std::move(*password)),
                         std::nullopt,
                         commands::ResetPassword{.token_sha256 = token->sha256, .credential = {}});
    co_return failed ? std::move(*failed) : no_content();
}

net::awaitable<Response> Passwords::change(Call call) const {
    const auto& me = call.principal;
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto current = string_member(*object, "current_password");
    if (!current) co_return current.error();
    auto password = string_member(*object, "new_password");
    if (!password) co_return password.error();
    if (!is_password(*password)) co_return problem(422, "password-invalid", kPasswordRule);
    const auto attempt =
        accounts_.delays.key_of(Personal(events::to_hex(me.actor.view())), call.request.peer);
    if (const auto wait = accounts_.delays.begin(attempt, services_.now_ms())) {
        co_return too_many("too-many-attempts", *wait);
    }
    const auto known = co_await show_password(&accounts_, me.actor, Personal(std::move(*current)));
    if (!known) co_return problem(known.error());
    if (!*known) {
        services_.metrics.failed_passwords.add();
        co_return problem(422, "password-wrong", "This is not the account's password.");
    }
    accounts_.delays.succeeded(attempt);
    auto failed =
        co_await replace(me.actor,
                         Personal(std::move(*password)),
                         me.session,
                         commands::ChangePassword{.credential = {}, .kept_session = me.session});
    co_return failed ? std::move(*failed) : no_content();
}

}  // namespace

void add_password_routes(Router& router, const AccountServices& accounts) {
    const auto routes = std::make_shared<const Passwords>(accounts);
    const Access strangers{.everybody = true, .budget = Budget::kAccount};
    router.add("POST", "/api/v1/password-resets", strangers, [routes](Call call) {
        return routes->request_reset(std::move(call));
    });
    router.add("POST", "/api/v1/password-resets/completions", strangers, [routes](Call call) {
        return routes->reset(std::move(call));
    });
    router.add("PUT", "/api/v1/me/password", {.signed_in = true}, [routes](Call call) {
        return routes->change(std::move(call));
    });
}

}  // namespace gateway

#include "gateway/registrations.hpp"

#include <memory>
#include <string>
#include <utility>

#include "gateway/account_steps.hpp"
#include "gateway/budgets.hpp"
#include "gateway/json_body.hpp"
#include "gateway/registering.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Account;
using events::Personal;

// Whether there is an account to reckon with; one whose time to confirm is over counts for nothing.
bool is_pending(const projections::AccountItem& account, std::int64_t now_ms) {
    return !account.confirmed && !account.expired && now_ms < account.confirm_before_ms;
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
    co_return co_await begin_registration(&accounts_, *object, std::move(*who));
}

net::awaitable<Response> Registrations::resend(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto email = string_member(*object, "email");
    if (!email) co_return email.error();
    Personal address(std::move(*email));
    if (!may_mail(accounts_, address)) co_return accepted();
    const bool begun = accounts_.after.run([services = &services_, address = std::move(address)] {
        return ask_again(services, address);
    });
    co_return begun ? accepted() : too_busy();
}

net::awaitable<Response> Registrations::confirm(Call call) const {
    const bool secure = call.request.secure;
    const auto account = co_await confirm_registration(&accounts_, std::move(call.request), false);
    if (!account) co_return account.error();
    co_return co_await start_session(&services_, *account, events::kPlatformTenant, secure);
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

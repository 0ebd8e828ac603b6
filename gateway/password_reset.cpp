#include "gateway/password_reset.hpp"

#include <boost/json/object.hpp>

#include <utility>

#include "gateway/account_steps.hpp"
#include "gateway/json_body.hpp"

namespace gateway {
namespace {

using events::Personal;

net::awaitable<void> mail_reset(const Services* services,
                                Personal email,
                                std::optional<events::TenantId> customer_of) {
    const auto known = co_await offload(services->pool, [services, email, customer_of] {
        return account_of(*services, email, customer_of);
    });
    if (!known || !*known || !(*known)->usable()) co_return;
    const auto token = new_token(*services, kResetWithinMs);
    if (!token) co_return;
    co_await take_step<commands::Account>(
        services, events::kPlatformTenant, (*known)->id, commands::RequestPasswordReset{*token});
}

}  // namespace

Response begin_reset(const AccountServices& accounts,
                     Personal email,
                     std::optional<events::TenantId> customer_of) {
    const auto key = accounts.delays.key_of(counted_as(email, customer_of), PeerAddress());
    if (!accounts.mails.take(key, accounts.services.now_ms()) &&
        !accounts.after.run([services = &accounts.services, email = std::move(email), customer_of] {
            return mail_reset(services, email, customer_of);
        })) {
        return problem(503, "overloaded", "Too much is under way: send it again.");
    }
    return json_response(202, boost::json::object{});
}

}  // namespace gateway

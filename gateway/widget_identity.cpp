#include "gateway/widget_identity.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <utility>

#include "commands/widget.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/identity_token.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Widget;
using events::Uuid;

constexpr std::string_view kNotFound = "widget-not-found";
constexpr std::string_view kSecretTag = "ids";

class WidgetIdentity {
  public:
    explicit WidgetIdentity(const Services& services) : services_(services) {}

    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> demand(Call call) const;
    net::awaitable<Response> issue(Call call) const;
    net::awaitable<Response> revoke(Call call) const;

  private:
    const Services& services_;
};

net::awaitable<Response> WidgetIdentity::show(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto widget = own_id(call.principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return widget.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    const auto found = co_await offload(services_.pool, [services, tenant, id = *widget] {
        return services->known_widgets.by_id(tenant, id, services->now_ms());
    });
    if (!found) co_return problem_of(found.error(), kNotFound);
    json::array secrets;
    for (const auto& secret : (*found)->item.identity_secrets) {
        secrets.push_back(json::object{{"id", events::public_id(tenant, kSecretTag, secret.id)},
                                       {"issued", events::format_time(secret.issued_ms)}});
    }
    co_return json_response(200,
                            json::object{{"required", (*found)->item.identity_required},
                                         {"secrets", std::move(secrets)}});
}

net::awaitable<Response> WidgetIdentity::demand(Call call) const {
    const auto widget = own_id(call.principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return widget.error();
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    const auto required = bool_member(*object, "required");
    if (!required) co_return required.error();
    const auto meta = meta_of(services_, call.principal, call.request, {*required ? "on" : "off"});
    if (!meta) co_return meta.error();
    co_return answer_of(
        200,
        co_await execute<Widget>(
            services_.writer, *widget, commands::DemandIdentity{.required = *required}, *meta),
        {});
}

net::awaitable<Response> WidgetIdentity::issue(Call call) const {
    const auto& principal = call.principal;
    const auto widget = own_id(principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return widget.error();
    const auto meta = meta_of(services_, principal, call.request, {"identity-secret"});
    if (!meta) co_return meta.error();
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    // A repeat of the request names the same secret.
    const Uuid secret =
        derived_stream(**keys, derived_command(**keys, meta->id, "identity-secret"));
    co_return answer_of(
        201,
        co_await execute<Widget>(
            services_.writer, *widget, commands::IssueIdentitySecret{.secret = secret}, *meta),
        {{"id", events::public_id(principal.tenant, kSecretTag, secret)},
         {"secret", identity_secret(**keys, *widget, secret)}});
}

net::awaitable<Response> WidgetIdentity::revoke(Call call) const {
    const auto& principal = call.principal;
    const auto widget = own_id(principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return widget.error();
    const auto secret = events::parse_public_id(call.segments.back());
    if (!secret || secret->tenant != principal.tenant || secret->tag != kSecretTag) {
        co_return problem(404, "identity-secret-not-found", "The widget has no such secret.");
    }
    const auto meta = meta_of(services_, principal, call.request, {"revoke"});
    if (!meta) co_return meta.error();
    co_return answer_of(
        200,
        co_await execute<Widget>(services_.writer,
                                 *widget,
                                 commands::RevokeIdentitySecret{.secret = secret->uuid},
                                 *meta),
        {});
}

}  // namespace

void add_widget_identity_routes(Router& router, const Services& services) {
    using Handle = net::awaitable<Response> (WidgetIdentity::*)(Call) const;
    struct Route {
        std::string_view method;
        std::string_view pattern;
        Handle handle;
    };
    constexpr std::string_view kIdentity = "/api/v1/widgets/{id}/identity";
    constexpr std::string_view kSecrets = "/api/v1/widgets/{id}/identity-secrets";
    const auto routes = std::make_shared<const WidgetIdentity>(services);
    const Access admin{.roles = {Role::ROLE_ADMIN}, .scope = Scope::SCOPE_ADMIN};
    for (const auto& [method, pattern, handle] :
         {Route{"GET", kIdentity, &WidgetIdentity::show},
          Route{"PUT", kIdentity, &WidgetIdentity::demand},
          Route{"POST", kSecrets, &WidgetIdentity::issue},
          Route{"DELETE",
                "/api/v1/widgets/{id}/identity-secrets/{secret}",
                &WidgetIdentity::revoke}}) {
        router.add(method, pattern, admin, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway

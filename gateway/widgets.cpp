#include "gateway/widgets.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <utility>

#include "commands/widget.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/limits.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"
#include "gateway/widget_json.hpp"
#include "gateway/widget_snippet.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Widget;
using events::Personal;
using events::Uuid;

constexpr std::string_view kNotFound = "widget-not-found";

std::string widget_id(const Principal& principal, const Uuid& widget) {
    return events::public_id(principal.tenant, {Widget::kKind, widget});
}

std::string public_key(const Principal& principal, const Uuid& key) {
    return events::public_id(principal.tenant, kWidgetKeyTag, key);
}

// The key that a command makes: a repeat of the command makes the same.
Uuid key_of(const events::TenantKeys& keys, const events::CommandId& command) {
    return derived_stream(keys, derived_command(keys, command, "widget-key"));
}

class Widgets {
  public:
    explicit Widgets(const Services& services) : services_(services) {}

    net::awaitable<Response> create(Call call) const;
    net::awaitable<Response> rotate_key(Call call) const;
    net::awaitable<Response> change_settings(Call call) const;
    net::awaitable<Response> change_branding(Call call) const;
    net::awaitable<Response> configure_search(Call call) const;
    net::awaitable<Response> publish_expert(Call call) const;
    net::awaitable<Response> withdraw_expert(Call call) const;
    net::awaitable<Response> allow_domain(Call call) const;
    net::awaitable<Response> disallow_domain(Call call) const;
    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> list_domains(Call call) const;
    net::awaitable<Response> snippet(Call call) const;

  private:
    using Found = Outcome<std::shared_ptr<const KnownWidget>>;
    // The widget named first in the path, once the views have come to min_position.
    net::awaitable<Found> find(const Call& call) const;
    // A command to it; `what` is what is asked.
    net::awaitable<Response> change(Call call, Widget::Command command, std::string what) const;
    [[nodiscard]] Outcome<DomainPattern> domain_in(const Call& call) const;

    const Services& services_;
};

net::awaitable<Response> Widgets::create(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto name = string_member(*object, "name");
    if (!name) co_return name.error();
    const auto meta = meta_of(services_, call.principal, call.request, {*name});
    if (!meta) co_return meta.error();
    const auto keys = services_.keys.tenant_keys(call.principal.tenant);
    if (!keys) co_return problem(keys.error());
    const Uuid widget = derived_stream(**keys, meta->id);
    const Uuid key = key_of(**keys, meta->id);
    const auto created = co_await execute<Widget>(
        services_.writer,
        widget,
        commands::CreateWidget{.name = Personal(std::move(*name)), .key = key},
        *meta);
    co_return answer_of(
        201,
        created,
        {{"id", widget_id(call.principal, widget)}, {"key", public_key(call.principal, key)}});
}

net::awaitable<Response> Widgets::change(Call call,
                                         Widget::Command command,
                                         std::string what) const {
    const auto widget = own_id(call.principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return widget.error();
    const auto meta = meta_of(services_, call.principal, call.request, {what});
    if (!meta) co_return meta.error();
    co_return answer_of(
        200, co_await execute<Widget>(services_.writer, *widget, std::move(command), *meta), {});
}

net::awaitable<Response> Widgets::rotate_key(Call call) const {
    const auto widget = own_id(call.principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return widget.error();
    const auto meta = meta_of(services_, call.principal, call.request, {"key"});
    if (!meta) co_return meta.error();
    const auto keys = services_.keys.tenant_keys(call.principal.tenant);
    if (!keys) co_return problem(keys.error());
    const Uuid key = key_of(**keys, meta->id);
    co_return answer_of(
        200,
        co_await execute<Widget>(
            services_.writer, *widget, commands::RotateWidgetKey{.key = key}, *meta),
        {{"key", public_key(call.principal, key)}});
}

net::awaitable<Response> Widgets::change_settings(Call call) const {
    auto settings = parse_settings(call.request.body);
    if (!settings) co_return settings.error();
    auto what = settings->SerializeAsString();
    co_return co_await change(
        std::move(call), commands::ChangeWidgetSettings{std::move(*settings)}, std::move(what));
}

net::awaitable<Response> Widgets::change_branding(Call call) const {
    auto branding = parse_branding(call.request.body);
    if (!branding) co_return branding.error();
    auto what = branding->SerializeAsString();
    co_return co_await change(
        std::move(call), commands::ChangeBranding{std::move(*branding)}, std::move(what));
}

net::awaitable<Response> Widgets::configure_search(Call call) const {
    auto criteria = parse_criteria(call.request.body);
    if (!criteria) co_return criteria.error();
    std::string what;
    for (const auto criterion : *criteria) what.push_back(static_cast<char>(criterion));
    co_return co_await change(
        std::move(call), commands::ConfigureSearch{std::move(*criteria)}, std::move(what));
}

net::awaitable<Response> Widgets::publish_expert(Call call) const {
    constexpr auto kExpertKind = parlour::log::v1::STREAM_KIND_EXPERT;
    const auto expert =
        own_id(call.principal, call.segments.back(), kExpertKind, "expert-not-found");
    if (!expert) co_return expert.error();
    const auto* const services = &services_;
    const auto tenant = call.principal.tenant;
    const auto exists = co_await offload(services_.pool, [services, tenant, id = *expert] {
        return services->views.experts.exists(services->store, tenant, id);
    });
    if (!exists) co_return problem(exists.error());
    if (!*exists) co_return problem(404, "expert-not-found", "There is no such expert.");
    co_return co_await change(
        std::move(call), commands::PublishExpert{*expert}, std::string(expert->view()));
}

net::awaitable<Response> Widgets::withdraw_expert(Call call) const {
    constexpr auto kExpertKind = parlour::log::v1::STREAM_KIND_EXPERT;
    const auto expert =
        own_id(call.principal, call.segments.back(), kExpertKind, "expert-not-found");
    if (!expert) co_return expert.error();
    co_return co_await change(
        std::move(call), commands::WithdrawExpert{*expert}, std::string(expert->view()));
}

Outcome<DomainPattern> Widgets::domain_in(const Call& call) const {
    const auto text = percent_decoded(call.segments.back());
    if (!text) return refuse(400, "domain-invalid", "A domain in a path is percent-encoded.");
    auto domain = parse_domain(*text);
    if (!domain) return refuse(422, "domain-invalid", domain.error().detail);
    return std::move(*domain);
}

net::awaitable<Response> Widgets::allow_domain(Call call) const {
    const auto domain = domain_in(call);
    if (!domain) co_return domain.error();
    const auto keys = services_.keys.tenant_keys(call.principal.tenant);
    if (!keys) co_return problem(keys.error());
    co_return co_await change(std::move(call),
                              commands::AllowDomain{.id = domain_id(**keys, *domain),
                                                    .domain = Personal(to_text(*domain))},
                              "allow" + to_text(*domain));
}

net::awaitable<Response> Widgets::disallow_domain(Call call) const {
    const auto domain = domain_in(call);
    if (!domain) co_return domain.error();
    const auto keys = services_.keys.tenant_keys(call.principal.tenant);
    if (!keys) co_return problem(keys.error());
    co_return co_await change(std::move(call),
                              commands::DisallowDomain{.id = domain_id(**keys, *domain)},
                              "disallow" + to_text(*domain));
}

net::awaitable<Widgets::Found> Widgets::find(const Call& call) const {
    const auto widget = own_id(call.principal, call.segments.front(), Widget::kKind, kNotFound);
    if (!widget) co_return std::unexpected(widget.error());
    const auto tenant = call.principal.tenant;
    auto behind = co_await wait_for_position(&services_, tenant, call.request.query);
    if (behind) co_return std::unexpected(std::move(*behind));
    const auto* const services = &services_;
    auto found = co_await offload(services_.pool, [services, tenant, id = *widget] {
        return services->known_widgets.by_id(tenant, id, services->now_ms());
    });
    if (!found) co_return std::unexpected(problem_of(found.error(), kNotFound));
    co_return std::move(*found);
}

net::awaitable<Response> Widgets::show(Call call) const {
    const auto widget = co_await find(call);
    if (!widget) co_return widget.error();
    auto response = json_response(200, admin_json(**widget));
    response.headers.emplace_back("ETag", etag_of((*widget)->item.version));
    co_return response;
}

net::awaitable<Response> Widgets::list_domains(Call call) const {
    const auto widget = co_await find(call);
    if (!widget) co_return widget.error();
    json::array items;
    for (const auto& domain : (*widget)->domains) items.emplace_back(to_text(domain));
    auto response = json_response(200, json::object{{"items", std::move(items)}});
    response.headers.emplace_back("ETag", etag_of((*widget)->item.version));
    co_return response;
}

net::awaitable<Response> Widgets::list(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto limit = number_parameter(
        request.query,
        {.name = "limit", .least = 1, .most = kPageLimitMax, .otherwise = kPageLimitDefault});
    if (!limit) co_return limit.error();
    std::optional<Uuid> after;
    if (const auto given = query_parameter(request.query, "after")) {
        const auto parsed = own_id(principal, *given, Widget::kKind, kNotFound);
        if (!parsed) co_return parsed.error();
        after = *parsed;
    }
    if (auto behind = co_await wait_for_position(&services_, principal.tenant, request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    const auto tenant = principal.tenant;
    const auto items = co_await offload(
        services_.pool, [services, tenant, after, most = *limit]() -> events::Result<json::array> {
            json::array found;
            const auto ids = services->views.widgets.list(services->store, tenant, after, most);
            if (!ids) return std::unexpected(ids.error());
            for (const auto& id : *ids) {
                const auto widget = services->known_widgets.by_id(tenant, id, services->now_ms());
                if (!widget) return std::unexpected(widget.error());
                const auto& item = (*widget)->item;
                found.push_back(json::object{{"id", events::public_id(tenant, {Widget::kKind, id})},
                                             {"name", item.name.reveal()},
                                             {"key", public_key_of(**widget)},
                                             {"version", item.version.value}});
            }
            return found;
        });
    if (!items) co_return problem(items.error());
    json::object page{{"items", *items}};
    if (items->size() == *limit) {
        const auto& last = items->back().at("id").as_string();
        page["next"] = "/api/v1/widgets?limit=" + std::to_string(*limit) +
                       "&after=" + std::string(last.data(), last.size());
    }
    co_return json_response(200, page);
}

net::awaitable<Response> Widgets::snippet(Call call) const {
    const auto rule = snippet_rule(call.request.query);
    if (!rule) co_return rule.error();
    const auto widget = co_await find(call);
    if (!widget) co_return widget.error();
    co_return json_response(
        200,
        snippet_json(*rule, base_url(services_.public_url, call.request), public_key_of(**widget)));
}

}  // namespace

void add_widget_routes(Router& router, const Services& services) {
    using Handle = net::awaitable<Response> (Widgets::*)(Call) const;
    struct Route {
        std::string_view method;
        std::string_view pattern;
        Handle handle;
    };
    constexpr std::string_view kAll = "/api/v1/widgets";
    constexpr std::string_view kOne = "/api/v1/widgets/{id}";
    constexpr std::string_view kExpert = "/api/v1/widgets/{id}/experts/{expert}";
    constexpr std::string_view kDomain = "/api/v1/widgets/{id}/domains/{domain}";
    const auto routes = std::make_shared<const Widgets>(services);
    const Access admin{.roles = {Role::ROLE_ADMIN}, .scope = Scope::SCOPE_ADMIN};
    for (const auto& [method, pattern, handle] :
         {Route{"POST", kAll, &Widgets::create},
          Route{"GET", kAll, &Widgets::list},
          Route{"GET", kOne, &Widgets::show},
          Route{"PUT", "/api/v1/widgets/{id}/settings", &Widgets::change_settings},
          Route{"PUT", "/api/v1/widgets/{id}/branding", &Widgets::change_branding},
          Route{"PUT", "/api/v1/widgets/{id}/search", &Widgets::configure_search},
          Route{"POST", "/api/v1/widgets/{id}/key", &Widgets::rotate_key},
          Route{"PUT", kExpert, &Widgets::publish_expert},
          Route{"DELETE", kExpert, &Widgets::withdraw_expert},
          Route{"GET", "/api/v1/widgets/{id}/domains", &Widgets::list_domains},
          Route{"PUT", kDomain, &Widgets::allow_domain},
          Route{"DELETE", kDomain, &Widgets::disallow_domain},
          Route{"GET", "/api/v1/widgets/{id}/snippet", &Widgets::snippet}}) {
        router.add(method, pattern, admin, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway

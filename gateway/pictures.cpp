#include "gateway/pictures.hpp"

#include <memory>
#include <string>
#include <utility>

#include "commands/expert.hpp"
#include "commands/widget.hpp"
#include "gateway/async.hpp"
#include "gateway/expert_profile.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

using commands::Expert;
using commands::Widget;
using events::Uuid;
using Owner = StoredImages::Owner;
using Found = events::Result<std::optional<projections::FileRef>>;

class Pictures {
  public:
    Pictures(const Services& services, StoredImages& images)
        : services_(services), images_(images), in_force_(pictures_in_force(services)) {}

    net::awaitable<Response> put_logo(Call call) const {
        const auto widget =
            own_id(call.principal, call.segments.front(), Widget::kKind, "widget-not-found");
        if (!widget) co_return widget.error();
        co_return co_await put<Widget, commands::StoreLogo>(std::move(call), *widget);
    }
    net::awaitable<Response> remove_logo(Call call) const {
        const auto widget =
            own_id(call.principal, call.segments.front(), Widget::kKind, "widget-not-found");
        if (!widget) co_return widget.error();
        co_return co_await remove<Widget, commands::RemoveLogo>(std::move(call), *widget);
    }
    net::awaitable<Response> put_photo(Call call) const {
        const auto expert = expert_to_change(call);
        if (!expert) co_return expert.error();
        co_return co_await put<Expert, commands::StorePhoto>(std::move(call), *expert);
    }
    net::awaitable<Response> remove_photo(Call call) const {
        const auto expert = expert_to_change(call);
        if (!expert) co_return expert.error();
        co_return co_await remove<Expert, commands::RemovePhoto>(std::move(call), *expert);
    }
    net::awaitable<Response> show_photo(Call call) const {
        const auto expert =
            own_id(call.principal, call.segments.front(), Expert::kKind, "expert-not-found");
        if (!expert) co_return expert.error();
        co_return co_await show({call.principal.tenant, {Expert::kKind, *expert}},
                                std::move(call.request));
    }
    net::awaitable<Response> show_public_logo(Call call) const;
    net::awaitable<Response> show_public_photo(Call call) const;

  private:
    template <class A, class Store>
    net::awaitable<Response> put(Call call, Uuid id) const;
    template <class A, class Remove>
    net::awaitable<Response> remove(Call call, Uuid id) const;
    net::awaitable<Response> show(Owner owner, Request request) const;
    net::awaitable<Outcome<std::shared_ptr<const KnownWidget>>> widget_of(std::string key) const;

    const Services& services_;
    StoredImages& images_;
    StoredImages::InForce in_force_;
};

template <class A, class Store>
net::awaitable<Response> Pictures::put(Call call, Uuid id) const {
    const auto meta = meta_of(services_, call.principal, call.request, {call.request.body});
    if (!meta) co_return meta.error();
    const Owner owner{call.principal.tenant, {A::kKind, id}};
    auto type = std::string(call.request.header("content-type").value_or(""));
    const auto file = co_await images_.take(owner, std::move(type), std::move(call.request.body));
    if (!file) co_return file.error();
    const auto answer = co_await execute<A>(services_.writer, id, Store{*file}, *meta);
    co_await images_.settle(owner, file->id, answer, in_force_);
    co_return answer_of(200, answer, {});
}

template <class A, class Remove>
net::awaitable<Response> Pictures::remove(Call call, Uuid id) const {
    const auto meta = meta_of(services_, call.principal, call.request, {"remove"});
    if (!meta) co_return meta.error();
    const auto answer = co_await execute<A>(services_.writer, id, Remove{}, *meta);
    co_await images_.settle(
        {call.principal.tenant, {A::kKind, id}}, std::nullopt, answer, in_force_);
    co_return answer_of(200, answer, {});
}

net::awaitable<Response> Pictures::show(Owner owner, Request request) const {
    const auto file =
        co_await offload(services_.pool, [owner, in_force = in_force_] { return in_force(owner); });
    if (!file) co_return problem_of(file.error(), "picture-not-found");
    co_return co_await images_.show(
        owner, *file, std::string(request.header("if-none-match").value_or("")));
}

net::awaitable<Outcome<std::shared_ptr<const KnownWidget>>> Pictures::widget_of(
    std::string key) const {
    const auto* const services = &services_;
    auto found = co_await offload(services_.pool, [services, key = std::move(key)] {
        return services->known_widgets.by_key(key, services->now_ms());
    });
    if (!found) co_return std::unexpected(problem_of(found.error(), "widget-not-found"));
    co_return std::move(*found);
}

net::awaitable<Response> Pictures::show_public_logo(Call call) const {
    const auto widget = co_await widget_of(call.segments.front());
    if (!widget) co_return widget.error();
    co_return co_await show({(*widget)->tenant, {Widget::kKind, (*widget)->item.id}},
                            std::move(call.request));
}

net::awaitable<Response> Pictures::show_public_photo(Call call) const {
    const auto widget = co_await widget_of(call.segments.front());
    if (!widget) co_return widget.error();
    const auto expert = events::parse_stream_id(call.segments.back(), Expert::kKind);
    if (!expert || expert->tenant != (*widget)->tenant || !(*widget)->shows(expert->uuid)) {
        co_return problem(404, "expert-not-found", "The widget shows no such expert.");
    }
    co_return co_await show({expert->tenant, {Expert::kKind, expert->uuid}},
                            std::move(call.request));
}

}  // namespace

StoredImages::InForce pictures_in_force(const Services& services) {
    return [services = &services](const Owner& owner) -> Found {
        const auto now = services->now_ms();
        if (owner.stream.kind == Widget::kKind) {
            const auto widget = services->views.widgets.read(
                services->store, services->keys, owner.tenant, owner.stream.uuid, now);
            if (!widget) return std::unexpected(widget.error());
            return widget->logo;
        }
        const auto expert = services->views.experts.read(
            services->store, services->keys, owner.tenant, owner.stream.uuid, now);
        if (!expert) return std::unexpected(expert.error());
        return expert->photo;
    };
}

void add_picture_routes(Router& router, const Services& services, StoredImages& images) {
    using Handle = net::awaitable<Response> (Pictures::*)(Call) const;
    struct Route {
        std::string_view method;
        std::string_view pattern;
        Handle handle;
        Access access;
    };
    constexpr std::string_view kLogo = "/api/v1/widgets/{id}/logo";
    constexpr std::string_view kPhoto = "/api/v1/experts/{id}/photo";
    const auto routes = std::make_shared<const Pictures>(services, images);
    const Access admin{.roles = {Role::ROLE_ADMIN}, .scope = Scope::SCOPE_ADMIN};
    const Access owners{.roles = {Role::ROLE_ADMIN, Role::ROLE_EXPERT},
                        .scope = Scope::SCOPE_ADMIN};
    const Access readers{.signed_in = true, .scope = Scope::SCOPE_CONVERSATIONS};
    const Access everybody{.everybody = true};
    for (const auto& [method, pattern, handle, access] :
         {Route{"PUT", kLogo, &Pictures::put_logo, admin},
          Route{"DELETE", kLogo, &Pictures::remove_logo, admin},
          Route{"PUT", kPhoto, &Pictures::put_photo, owners},
          Route{"DELETE", kPhoto, &Pictures::remove_photo, owners},
          Route{"GET", kPhoto, &Pictures::show_photo, readers},
          Route{"GET", "/api/v1/widget/{key}/logo", &Pictures::show_public_logo, everybody},
          Route{"GET",
                "/api/v1/widget/{key}/experts/{expert}/photo",
                &Pictures::show_public_photo,
                everybody}}) {
        router.add(method, pattern, access, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway

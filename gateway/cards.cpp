#include "gateway/cards.hpp"

#include <memory>
#include <utility>

#include "commands/expert.hpp"
#include "events/crypto.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/expert_profile.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"
#include "gateway/widget_snippet.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Expert;
using commands::Reservation;
using events::Errc;
using events::Personal;
using events::Uuid;

constexpr std::string_view kNoExpert = "expert-not-found";

events::Result<PublicCard> no_card() {
    return events::fail(Errc::kNotFound, "no such card");
}

class Cards {
  public:
    explicit Cards(const Services& services) : services_(services) {}

    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> publish(Call call) const;
    net::awaitable<Response> unpublish(Call call) const;

  private:
    // Holds the slug for the expert; what an expert has or had stays the expert's.
    net::awaitable<std::optional<Response>> hold(const Principal* principal,
                                                 Uuid expert,
                                                 Uuid slug) const;
    // A step of a request that has an account behind it, or none.
    [[nodiscard]] static std::optional<Uuid> account_of(const Principal& principal) {
        if (principal.audience == Audience::kPortal) return principal.actor;
        return std::nullopt;
    }

    const Services& services_;
};

net::awaitable<Response> Cards::show(Call call) const {
    const auto expert = expert_to_change(call);
    if (!expert) co_return expert.error();
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    const auto card = co_await offload(services_.pool, [services, tenant, id = *expert] {
        return services->views.cards.find(
            services->store, services->keys, tenant, id, services->now_ms());
    });
    if (!card) co_return problem(card.error());
    if (!*card) co_return problem(404, "card-not-found", "The expert never had a card.");
    const auto& slug = (*card)->slug;
    if (!slug) co_return problem(410, "erased", "The expert was erased.");
    co_return json_response(200,
                            json::object{{"published", (*card)->published},
                                         {"slug", slug->reveal()},
                                         {"url",
                                          base_url(services_.public_url, call.request) +
                                              card_path(tenant, slug->reveal())}});
}

net::awaitable<std::optional<Response>> Cards::hold(const Principal* principal,
                                                    Uuid expert,
                                                    Uuid slug) const {
    const auto tenant = principal->tenant;
    const auto* const services = &services_;
    const auto known = co_await offload(services_.pool, [services, tenant, expert] {
        return services->views.experts.added(services->store, tenant, expert);
    });
    if (!known) co_return problem_of(known.error(), kNoExpert);
    const auto held = co_await take_step<Reservation>(
        &services_,
        tenant,
        slug,
        commands::Reserve{.holder = {.tenant = tenant, .id = expert},
                          .confirm_before_ms = services_.now_ms() + kSlugHeldMs},
        account_of(*principal));
    if (held) co_return std::nullopt;
    if (held.error().kind != commands::Refusal::Kind::kRejected) {
        co_return refusal_response(held.error());
    }
    co_return problem(
        409, "slug-taken", "Another card of the company has that slug, or had it: choose another.");
}

// The slug is held first, then the card is published under it, then it is kept for good. What a
// crash or a refusal leaves in between is settled when the time to hold it is over.
net::awaitable<Response> Cards::publish(Call call) const {
    const auto expert = expert_to_change(call);
    if (!expert) co_return expert.error();
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto slug = string_member(*object, "slug");
    if (!slug) co_return slug.error();
    if (!commands::is_card_slug(*slug)) {
        co_return problem(422, "slug-invalid", commands::kSlugRule);
    }
    const auto& principal = call.principal;
    const auto meta = meta_of(services_, principal, call.request, {"card", *slug});
    if (!meta) co_return meta.error();
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto slug_id = card_slug_id(**keys, *slug);
    if (auto refused = co_await hold(&principal, *expert, slug_id)) co_return std::move(*refused);
    commands::PublishCard publish{.slug_id = slug_id, .slug = Personal(std::move(*slug))};
    auto answer = co_await execute<Expert>(services_.writer, *expert, std::move(publish), *meta);
    if (answer) {
        co_await take_step<Reservation>(
            &services_,
            principal.tenant,
            slug_id,
            commands::ConfirmReservation{.holder = {.tenant = principal.tenant, .id = *expert}},
            account_of(principal));
    }
    co_return answer_of(200, answer, {});
}

net::awaitable<Response> Cards::unpublish(Call call) const {
    const auto expert = expert_to_change(call);
    if (!expert) co_return expert.error();
    const auto meta = meta_of(services_, call.principal, call.request, {"no card"});
    if (!meta) co_return meta.error();
    co_return answer_of(
        200,
        co_await execute<Expert>(services_.writer, *expert, commands::UnpublishCard{}, *meta),
        {});
}

}  // namespace

Uuid card_slug_id(const events::TenantKeys& keys, std::string_view slug) {
    return events::id_from<Uuid>(events::keyed_hash(keys.blind_index, {"card-slug", slug}));
}

events::Result<PublicCard> public_card(const Services& services,
                                       std::string_view company,
                                       std::string_view slug) {
    std::string folded(slug);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const auto tenant = events::parse_tenant(company);
    if (!tenant || !commands::is_card_slug(folded)) return no_card();
    const auto& [views, store] = std::tie(services.views, services.store);
    // The keys of a company that there is not would be made.
    if (const auto anybody = views.experts.first(store, *tenant); !anybody) {
        return std::unexpected(anybody.error());
    }
    const auto keys = services.keys.tenant_keys(*tenant);
    if (!keys) return std::unexpected(keys.error());
    const auto expert = views.cards.expert_of(store, *tenant, card_slug_id(**keys, folded));
    if (!expert) return std::unexpected(expert.error());
    if (!*expert) return no_card();
    const auto there = views.experts.exists(store, *tenant, **expert);
    if (!there) return std::unexpected(there.error());
    const auto card = views.cards.find(store, services.keys, *tenant, **expert, services.now_ms());
    if (!card) return std::unexpected(card.error());
    if (!*there || !*card || !(*card)->published || !(*card)->slug) return no_card();
    return PublicCard{.tenant = *tenant, .expert = **expert, .slug = (*card)->slug->reveal()};
}

std::string card_path(const events::TenantId& tenant, std::string_view slug) {
    return "/card/" + events::to_text(tenant) + "/" + std::string(slug);
}

void add_card_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const Cards>(services);
    constexpr std::string_view kCard = "/api/v1/experts/{id}/card";
    const Access owners{.roles = {Role::ROLE_ADMIN, Role::ROLE_EXPERT},
                        .scope = Scope::SCOPE_ADMIN};
    router.add("GET", kCard, owners, [routes](Call call) { return routes->show(std::move(call)); });
    router.add(
        "PUT", kCard, owners, [routes](Call call) { return routes->publish(std::move(call)); });
    router.add("DELETE", kCard, owners, [routes](Call call) {
        return routes->unpublish(std::move(call));
    });
}

}  // namespace gateway

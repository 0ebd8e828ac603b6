#include "gateway/visitor_lists.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <utility>

#include "commands/visitor.hpp"
#include "gateway/async.hpp"
#include "gateway/json_body.hpp"
#include "gateway/list_page.hpp"
#include "gateway/live_position.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"
#include "gateway/visitor.hpp"
#include "projections/visitor_lists.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Visitor;
using events::Uuid;

// One list: its path with the parameters but for page and place, and which it is to its cursors.
struct List {
    std::string path;
    std::string name;
};

// A page of items, of which the last stands at `last`; nothing: there is no more behind it.
Response page_of(json::array items,
                 const std::optional<events::Seq>& last,
                 const CursorPage& place,
                 const List& list,
                 const events::TenantKeys& keys,
                 const events::TenantId& tenant) {
    json::object answer{{"items", std::move(items)}};
    if (last) {
        answer["next"] = fmt::format("{}limit={}&after={}",
                                     list.path,
                                     place.limit,
                                     write_cursor(*last, list.name, keys, tenant));
    }
    return json_response(200, answer);
}

class VisitorLists {
  public:
    explicit VisitorLists(const Services& services) : services_(services) {}

    net::awaitable<Response> consents(Call call) const;
    net::awaitable<Response> check_ins(Call call) const;

  private:
    const Services& services_;
};

net::awaitable<Response> VisitorLists::consents(Call call) const {
    const auto tenant = call.principal.tenant;
    std::optional<Uuid> visitor;
    List list{.path = "/api/v1/consents?", .name = "consents"};
    if (const auto given = query_parameter(call.request.query, "visitor")) {
        const auto id = own_id(call.principal, *given, Visitor::kKind, "visitor-not-found");
        if (!id) co_return id.error();
        visitor = *id;
        list.path += fmt::format("visitor={}&", *given);
        list.name += fmt::format(":{}", *given);
    }
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!keys) co_return problem(keys.error());
    const auto place = cursor_page_in(call, **keys, list.name);
    if (!place) co_return place.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto page =
        co_await offload(services_.pool, [services = &services_, tenant, visitor, where = *place] {
            return projections::list_consents(
                services->store,
                services->views.visitors,
                tenant,
                {.visitor = visitor, .before = where.before, .limit = where.limit});
        });
    if (!page) co_return problem(page.error());
    json::array items;
    for (const auto& item : page->items) {
        auto object = consent_json(item.consent);
        object["visitor"] = events::public_id(tenant, {Visitor::kKind, item.visitor});
        object["widget"] = events::public_id(tenant, "wgt", item.consent.widget);
        items.emplace_back(std::move(object));
    }
    std::optional<events::Seq> last;
    if (page->more) last = page->items.back().place;
    co_return page_of(std::move(items), last, *place, list, **keys, tenant);
}

struct Arrival {
    projections::CheckedIn entry;
    projections::VisitorCardItem card;
};
struct Arrivals {
    std::vector<Arrival> items;
    std::optional<events::Seq> next;  // where the page ends, when there is more
};

// Without those who were erased meanwhile.
events::Result<Arrivals> read_arrivals(const Services& services,
                                       const events::TenantId& tenant,
                                       const CursorPage& place) {
    const auto page = projections::list_check_ins(services.store,
                                                  services.views.visitors,
                                                  tenant,
                                                  {.before = place.before, .limit = place.limit});
    if (!page) return std::unexpected(page.error());
    Arrivals arrivals;
    for (const auto& entry : page->items) {
        auto card = services.views.visitors.card(
            services.store, services.keys, tenant, entry.visitor, services.now_ms());
        if (!card) return std::unexpected(card.error());
        if (card->erased) continue;
        arrivals.items.push_back({.entry = entry, .card = *std::move(card)});
    }
    if (page->more) arrivals.next = page->items.back().place;
    return arrivals;
}

net::awaitable<Response> VisitorLists::check_ins(Call call) const {
    const List list{.path = "/api/v1/check-ins?", .name = "check-ins"};
    const auto tenant = call.principal.tenant;
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!keys) co_return problem(keys.error());
    const auto place = cursor_page_in(call, **keys, list.name);
    if (!place) co_return place.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto arrivals =
        co_await offload(services_.pool, [services = &services_, tenant, where = *place] {
            return read_arrivals(*services, tenant, where);
        });
    if (!arrivals) co_return problem(arrivals.error());
    json::array items;
    for (const auto& [entry, card] : arrivals->items) {
        json::object object{{"visitor", card_json(card)},
                            {"time", events::format_time(entry.time_unix_ms)}};
        object["visitor"].as_object()["id"] =
            events::public_id(tenant, {Visitor::kKind, entry.visitor});
        items.emplace_back(std::move(object));
    }
    co_return page_of(std::move(items), arrivals->next, *place, list, **keys, tenant);
}

}  // namespace

void add_visitor_list_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const VisitorLists>(services);
    const Access privacy{.roles = {Role::ROLE_ADMIN, Role::ROLE_OFFICER}};
    router.add("GET", "/api/v1/consents", privacy, [routes](Call call) {
        return routes->consents(std::move(call));
    });
    const Access desk{.roles = {Role::ROLE_ADMIN, Role::ROLE_EXPERT},
                      .scope = Scope::SCOPE_CONVERSATIONS};
    router.add("GET", "/api/v1/check-ins", desk, [routes](Call call) {
        return routes->check_ins(std::move(call));
    });
}

}  // namespace gateway

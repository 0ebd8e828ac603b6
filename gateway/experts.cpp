#include "gateway/experts.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/expert.hpp"
#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "gateway/json_body.hpp"
#include "gateway/limits.hpp"
#include "gateway/named.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"
#include "gateway/widget_json.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Expert;
using events::Personal;
using events::Uuid;
using namespace parlour::expert::v1;
using parlour::widget::v1::SearchCriterion;

constexpr std::string_view kNotFound = "expert-not-found";

// A kind of tag in paths and queries, as a member of an answer, and as a widget's criterion.
struct Kind {
    std::string_view name;
    std::string_view plural;
    TagKind kind;
    SearchCriterion criterion;
};
constexpr std::array kKinds{
    Kind{
        "language", "languages", TAG_KIND_LANGUAGE, parlour::widget::v1::SEARCH_CRITERION_LANGUAGE},
    Kind{"expertise",
         "expertise",
         TAG_KIND_EXPERTISE,
         parlour::widget::v1::SEARCH_CRITERION_EXPERTISE},
    Kind{"location",
         "locations",
         TAG_KIND_LOCATION,
         parlour::widget::v1::SEARCH_CRITERION_LOCATION}};

constexpr std::array kChannels{Named<Channel>{"chat", CHANNEL_CHAT},
                               Named<Channel>{"audio", CHANNEL_AUDIO},
                               Named<Channel>{"video", CHANNEL_VIDEO},
                               Named<Channel>{"booking", CHANNEL_BOOKING}};

void add_tags(json::object& object, const std::vector<projections::ExpertTagItem>& tags) {
    for (const auto& [name, plural, kind, criterion] : kKinds) {
        json::array values;
        for (const auto& tag : tags) {
            if (tag.kind == kind) values.emplace_back(tag.value.reveal());
        }
        object[json::string_view(plural.data(), plural.size())] = std::move(values);
    }
}

using Widget = std::shared_ptr<const KnownWidget>;

bool offers(const KnownWidget& widget, SearchCriterion criterion) {
    const auto& criteria = widget.item.criteria;
    return std::ranges::find(criteria, criterion) != criteria.end();
}

class Experts {
  public:
    explicit Experts(const Services& services) : services_(services) {}

    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> list_criteria(Call call) const;

  private:
    // The widget that a visitor looks through; null for everybody else.
    net::awaitable<Outcome<Widget>> widget_of(const Principal& principal) const;
    [[nodiscard]] Outcome<projections::ExpertQuery> query_of(const Call& call,
                                                             const Widget& widget) const;
    [[nodiscard]] json::object answer_for(const Principal& principal,
                                          const Widget& widget,
                                          const projections::ExpertItem& item) const;

    const Services& services_;
};

net::awaitable<Outcome<Widget>> Experts::widget_of(const Principal& principal) const {
    if (!principal.widget) co_return Widget{};
    const auto* const services = &services_;
    auto found = co_await offload(
        services_.pool, [services, tenant = principal.tenant, id = *principal.widget] {
            return services->known_widgets.by_id(tenant, id, services->now_ms());
        });
    if (!found) co_return std::unexpected(problem_of(found.error(), "widget-not-found"));
    co_return std::move(*found);
}

Outcome<projections::ExpertQuery> Experts::query_of(const Call& call, const Widget& widget) const {
    const auto& [request, segments, principal] = call;
    projections::ExpertQuery query;
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) return std::unexpected(problem(keys.error()));
    for (const auto& [name, plural, kind, criterion] : kKinds) {
        const auto value = text_parameter(request.query, name);
        if (!value) return std::unexpected(value.error());
        if (!*value) continue;
        if (widget && !offers(*widget, criterion)) {
            return refuse(422,
                          "criterion-not-offered",
                          fmt::format("This widget offers no search by {}.", name));
        }
        query.tags.push_back(tag_id(**keys, kind, **value));
    }
    const auto available = query_parameter(request.query, "available").value_or("false");
    if (available != "true" && available != "false") {
        return refuse(400, "available-invalid", "\"available\" must be true or false.");
    }
    const bool only_available = available == "true";
    const auto* const services = &services_;
    if (widget || only_available) {
        query.wanted =
            [services, widget, only_available, tenant = principal.tenant](const Uuid& expert) {
                return (!widget || widget->shows(expert)) &&
                       (!only_available || is_available(*services, tenant, expert));
            };
    }
    const auto limit = number_parameter(
        request.query,
        {.name = "limit", .least = 1, .most = kPageLimitMax, .otherwise = kPageLimitDefault});
    if (!limit) return std::unexpected(limit.error());
    query.limit = *limit;
    if (const auto after = query_parameter(request.query, "after")) {
        const auto expert = own_id(principal, *after, Expert::kKind, kNotFound);
        if (!expert) return std::unexpected(expert.error());
        const auto last = services_.views.experts.added(services_.store, principal.tenant, *expert);
        if (!last) return std::unexpected(problem_of(last.error(), kNotFound));
        query.after = *last;
    }
    return query;
}

// With what only the company's own people need.
json::object Experts::answer_for(const Principal& principal,
                                 const Widget& widget,
                                 const projections::ExpertItem& item) const {
    auto object = expert_json(item, is_available(services_, principal.tenant, item.id));
    const auto id = events::public_id(principal.tenant, {Expert::kKind, item.id});
    if (item.photo) {
        object["photo"] = (widget ? "/api/v1/widget/" + public_key_of(*widget) : "/api/v1") +
                          "/experts/" + id + "/photo";
    }
    object["id"] = id;
    if (principal.audience != Audience::kVisitor) object["version"] = item.version.value;
    return object;
}

// The path of the page behind this one: the same question from another place on.
std::string next_path(std::string_view query, std::string_view after) {
    std::string path = "/api/v1/experts?";
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto parameter = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (parameter.starts_with("after=") || parameter.starts_with("min_position=")) continue;
        path.append(parameter).append("&");
    }
    return path.append("after=").append(after);
}

net::awaitable<Response> Experts::list(Call call) const {
    const auto& [request, segments, principal] = call;
    if (auto behind = co_await wait_for_position(&services_, principal.tenant, request.query)) {
        co_return std::move(*behind);
    }
    const auto widget = co_await widget_of(principal);
    if (!widget) co_return widget.error();
    const auto* const services = &services_;
    using Found = Outcome<projections::ExpertPage>;
    auto page = co_await offload(services_.pool, [this, services, &call, &widget]() -> Found {
        const auto query = query_of(call, *widget);
        if (!query) return std::unexpected(query.error());
        auto found = services->views.experts.find(
            services->store, services->keys, call.principal.tenant, *query, services->now_ms());
        if (!found) return std::unexpected(problem(found.error()));
        return std::move(*found);
    });
    if (!page) co_return page.error();
    json::array items;
    for (const auto& item : page->items) items.push_back(answer_for(principal, *widget, item));
    json::object answer{{"items", std::move(items)}};
    if (page->more) {
        const auto& last = page->items.back().id;
        answer["next"] =
            next_path(request.query, events::public_id(principal.tenant, {Expert::kKind, last}));
    }
    co_return json_response(200, answer);
}

net::awaitable<Response> Experts::show(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto expert = own_id(principal, segments.front(), Expert::kKind, kNotFound);
    if (!expert) co_return expert.error();
    if (auto behind = co_await wait_for_position(&services_, principal.tenant, request.query)) {
        co_return std::move(*behind);
    }
    const auto widget = co_await widget_of(principal);
    if (!widget) co_return widget.error();
    if (*widget && !(*widget)->shows(*expert)) {
        co_return problem(404, kNotFound, "There is no such thing.");
    }
    const auto* const services = &services_;
    const auto item =
        co_await offload(services_.pool, [services, tenant = principal.tenant, id = *expert] {
            return services->views.experts.read(
                services->store, services->keys, tenant, id, services->now_ms());
        });
    if (!item) co_return problem_of(item.error(), kNotFound);
    if (!item->name) co_return problem(410, "erased", "The expert was erased.");
    auto response = json_response(200, answer_for(principal, *widget, *item));
    if (principal.audience != Audience::kVisitor && item->version.value > 0) {
        response.headers.emplace_back("ETag", etag_of(item->version));
    }
    co_return response;
}

net::awaitable<Response> Experts::list_criteria(Call call) const {
    const auto& [request, segments, principal] = call;
    if (auto behind = co_await wait_for_position(&services_, principal.tenant, request.query)) {
        co_return std::move(*behind);
    }
    const auto widget = co_await widget_of(principal);
    if (!widget) co_return widget.error();
    const auto* const services = &services_;
    auto tags =
        co_await offload(services_.pool, [services, tenant = principal.tenant, known = *widget] {
            std::function<bool(const Uuid&)> wanted;
            if (known) wanted = [known](const Uuid& expert) { return known->shows(expert); };
            return services->views.experts.tag_values(
                services->store, services->keys, tenant, wanted, services->now_ms());
        });
    if (!tags) co_return problem(tags.error());
    if (*widget) {
        std::erase_if(*tags, [&](const projections::ExpertTagItem& tag) {
            const auto* const kind = std::ranges::find(kKinds, tag.kind, &Kind::kind);
            return kind == kKinds.end() || !offers(**widget, kind->criterion);
        });
    }
    std::ranges::sort(*tags, {}, [](const auto& tag) { return tag.value.reveal(); });
    json::object answer;
    add_tags(answer, *tags);
    co_return json_response(200, answer);
}

}  // namespace

net::awaitable<Outcome<void>> require_channel(const Services* services,
                                              events::TenantId tenant,
                                              events::Uuid expert,
                                              Channel channel) {
    const auto channels = co_await offload(services->pool, [services, tenant, expert] {
        return services->views.experts.channels(services->store, tenant, expert);
    });
    if (!channels) co_return std::unexpected(problem(channels.error()));
    const bool open = (channel == CHANNEL_CHAT && channels->chat) ||
                      (channel == CHANNEL_AUDIO && channels->audio) ||
                      (channel == CHANNEL_VIDEO && channels->video) ||
                      (channel == CHANNEL_BOOKING && channels->booking);
    if (open) co_return Outcome<void>{};
    co_return refuse(422,
                     "channel-closed",
                     fmt::format("The expert cannot be reached by {}; choose another way.",
                                 name_in(kChannels, channel)));
}

bool is_available(const Services& services, const events::TenantId& tenant, const Uuid& expert) {
    return services.availability != nullptr && services.availability->is_available(tenant, expert);
}

Uuid tag_id(const events::TenantKeys& keys, TagKind kind, std::string_view value) {
    std::string folded(value);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return events::id_from<Uuid>(events::keyed_hash(
        keys.blind_index, {"expert-tag", std::string(1, static_cast<char>(kind)), folded}));
}

json::object expert_json(const projections::ExpertItem& item, bool available) {
    if (!item.name) return {{"erased", true}};
    const auto& channels = item.channels;
    json::object object{{"name", item.name->reveal()},
                        {"title", item.title.reveal()},
                        {"description", item.description.reveal()},
                        {"availability", item.availability.reveal()},
                        {"available", available},
                        {"channels",
                         {{"chat", channels.chat},
                          {"audio", channels.audio},
                          {"video", channels.video},
                          {"booking", channels.booking}}}};
    add_tags(object, item.tags);
    return object;
}

void add_expert_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const Experts>(services);
    const Access readers{.visitor = true, .signed_in = true, .scope = Scope::SCOPE_CONVERSATIONS};
    router.add("GET", "/api/v1/experts", readers, [routes](Call call) {
        return routes->list(std::move(call));
    });
    router.add("GET", "/api/v1/experts/{id}", readers, [routes](Call call) {
        return routes->show(std::move(call));
    });
    router.add("GET", "/api/v1/search-criteria", readers, [routes](Call call) {
        return routes->list_criteria(std::move(call));
    });
}

}  // namespace gateway

#include "gateway/presence.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

#include "commands/expert.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
namespace v1 = parlour::presence::v1;
using commands::Reach;
using ExpertRef = PresenceTracker::ExpertRef;

constexpr std::string_view kNotFound = "expert-not-found";
constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
constexpr std::array kReaches{Reach::kOffline, Reach::kOnline, Reach::kBusy};

std::string expert_id(const ExpertRef& who) {
    return events::public_id(who.tenant, {parlour::log::v1::STREAM_KIND_EXPERT, who.expert});
}

std::string_view name_of(v1::OfflineReason reason) {
    switch (reason) {
        case v1::OFFLINE_REASON_REQUESTED:
            return "requested";
        case v1::OFFLINE_REASON_LEASE:
            return "lease";
        case v1::OFFLINE_REASON_DEACTIVATED:
            return "deactivated";
        default:
            return {};
    }
}

// The members that tell how somebody is seen.
json::object presence_json(const ExpertRef& who, const ShownPresence& shown) {
    json::object object{{"expert", expert_id(who)}, {"state", gateway::name_of(shown.reach)}};
    if (shown.since_unix_ms > 0) object["since"] = events::format_time(shown.since_unix_ms);
    if (shown.reach == Reach::kBusy) {
        object["cause"] = shown.cause == v1::BUSY_CAUSE_SELF ? "self" : "conversations";
    }
    const auto reason = name_of(shown.reason);
    if (shown.reach == Reach::kOffline && !reason.empty()) object["reason"] = reason;
    return object;
}

std::string presence_event(const ExpertRef& who, const ShownPresence& shown) {
    json::object event{{"type", "presence"}};
    for (const auto& member : presence_json(who, shown)) event.insert(member);
    return json::serialize(event);
}

Outcome<ExpertRef> expert_of(const Principal& principal) {
    if (!principal.expert) {
        return refuse(403, "not-an-expert", "This account is no expert of the company.");
    }
    return ExpertRef{.tenant = principal.tenant, .expert = *principal.expert};
}

// The expert in the path, of the same company.
Outcome<ExpertRef> expert_named(const Call& call) {
    const auto id =
        own_id(call.principal, call.segments.front(), commands::Expert::kKind, kNotFound);
    if (!id) return std::unexpected(id.error());
    return ExpertRef{.tenant = call.principal.tenant, .expert = *id};
}

Outcome<Reach> parse_state(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto state = string_member(*object, "state");
    if (!state) return std::unexpected(state.error());
    for (const auto reach : kReaches) {
        if (*state == gateway::name_of(reach)) return reach;
    }
    return refuse(400, "state-invalid", "\"state\" must be \"online\", \"busy\" or \"offline\".");
}

class PresenceRoutes {
  public:
    PresenceRoutes(const LiveServices& live, const projections::PresenceBoard& board)
        : live_(live), board_(board) {}

    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> want(Call call) const;
    net::awaitable<Response> set_capacity(Call call) const;
    // The same of any expert, for an admin.
    net::awaitable<Response> show_capacity_of(Call call) const;
    net::awaitable<Response> set_capacity_of(Call call) const;

  private:
    net::awaitable<events::Result<std::uint32_t>> capacity_of(ExpertRef who) const;
    net::awaitable<Response> change_capacity(Call call, ExpertRef who) const;
    Response answer(const ExpertRef& who, std::uint32_t conversations_max) const;

    const LiveServices& live_;
    const projections::PresenceBoard& board_;
};

net::awaitable<events::Result<std::uint32_t>> PresenceRoutes::capacity_of(ExpertRef who) const {
    co_return co_await offload(live_.services.pool, [this, who] {
        return board_.conversations_max(live_.services.store, who.tenant, who.expert);
    });
}

Response PresenceRoutes::answer(const ExpertRef& who, std::uint32_t conversations_max) const {
    auto object = presence_json(who, live_.presence.shown(who));
    object["conversations_max"] = conversations_max;
    return json_response(200, object);
}

// Every expert of the company, in the directory's order.
net::awaitable<Response> PresenceRoutes::list(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto* const services = &live_.services;
    const auto experts = co_await offload(services->pool, [services, tenant] {
        return services->views.experts.list(
            services->store, services->keys, tenant, services->now_ms());
    });
    if (!experts) co_return problem(experts.error());
    json::array items;
    for (const auto& expert : *experts) {
        const ExpertRef who{.tenant = tenant, .expert = expert.id};
        items.emplace_back(presence_json(who, live_.presence.shown(who)));
    }
    co_return json_response(200, json::object{{"items", std::move(items)}});
}

net::awaitable<Response> PresenceRoutes::show(Call call) const {
    const auto who = expert_of(call.principal);
    if (!who) co_return who.error();
    const auto capacity = co_await capacity_of(*who);
    if (!capacity) co_return problem(capacity.error());
    co_return answer(*who, *capacity);
}

net::awaitable<Response> PresenceRoutes::want(Call call) const {
    const auto who = expert_of(call.principal);
    if (!who) co_return who.error();
    const auto wanted = parse_state(call.request.body);
    if (!wanted) co_return wanted.error();
    const auto capacity = co_await capacity_of(*who);
    if (!capacity) co_return problem(capacity.error());
    live_.presence.want(*who, *wanted, call.principal.actor);
    co_return answer(*who, *capacity);
}

net::awaitable<Response> PresenceRoutes::set_capacity(Call call) const {
    const auto who = expert_of(call.principal);
    if (!who) co_return who.error();
    co_return co_await change_capacity(std::move(call), *who);
}

net::awaitable<Response> PresenceRoutes::show_capacity_of(Call call) const {
    const auto who = expert_named(call);
    if (!who) co_return who.error();
    const auto tenant = who->tenant;
    if (auto behind = co_await wait_for_position(&live_.services, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto there =
        co_await offload(live_.services.pool, [services = &live_.services, asked = *who] {
            return services->views.experts.exists(services->store, asked.tenant, asked.expert);
        });
    if (!there) co_return problem(there.error());
    if (!*there) co_return problem(404, kNotFound, "There is no such thing.");
    const auto capacity = co_await capacity_of(*who);
    if (!capacity) co_return problem(capacity.error());
    co_return answer(*who, *capacity);
}

net::awaitable<Response> PresenceRoutes::set_capacity_of(Call call) const {
    const auto who = expert_named(call);
    if (!who) co_return who.error();
    co_return co_await change_capacity(std::move(call), *who);
}

net::awaitable<Response> PresenceRoutes::change_capacity(Call call, ExpertRef who) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    const auto most = number_member(
        *object, "conversations_max", {.least = 0, .most = commands::kConversationsMaxMost});
    if (!most) co_return most.error();
    const auto keys = live_.services.keys.tenant_keys(who.tenant);
    if (!keys) co_return problem(keys.error());
    const auto id = command_id(**keys, call.principal, call.request);
    if (!id) co_return id.error();
    const auto conversations_max = static_cast<std::uint32_t>(*most);
    const auto set = co_await execute<commands::Expert>(
        live_.services.writer,
        who.expert,
        commands::SetConversationCapacity{.conversations_max = conversations_max},
        meta_for(call.principal,
                 *id,
                 body_digest(**keys, {fmt::format("{}", conversations_max)}),
                 live_.services.now_ms()));
    if (!set) co_return refusal_response(set.error());
    Response response = answer(who, conversations_max);
    if (set->replayed) mark_replayed(response);
    co_return response;
}

}  // namespace

void add_presence_routes(Router& router,
                         const LiveServices& live,
                         const projections::PresenceBoard& board) {
    const auto routes = std::make_shared<const PresenceRoutes>(live, board);
    const Access expert{.roles = {parlour::company::v1::ROLE_EXPERT}};
    const Access everybody_there{
        .signed_in = true, .roles = {}, .scope = parlour::company::v1::SCOPE_CONVERSATIONS};
    constexpr std::string_view kMine = "/api/v1/me/presence";
    router.add("GET", "/api/v1/presence", everybody_there, [routes](Call call) {
        return routes->list(std::move(call));
    });
    router.add("GET", kMine, expert, [routes](Call call) { return routes->show(std::move(call)); });
    router.add("PUT", kMine, expert, [routes](Call call) { return routes->want(std::move(call)); });
    router.add("PUT", "/api/v1/me/capacity", expert, [routes](Call call) {
        return routes->set_capacity(std::move(call));
    });
    const Access admin{.roles = {parlour::company::v1::ROLE_ADMIN}};
    constexpr std::string_view kCapacity = "/api/v1/experts/{id}/capacity";
    router.add("GET", kCapacity, admin, [routes](Call call) {
        return routes->show_capacity_of(std::move(call));
    });
    router.add("PUT", kCapacity, admin, [routes](Call call) {
        return routes->set_capacity_of(std::move(call));
    });
}

decltype(PresenceTracker::Parts::record) presence_recorder(
    events::KeyRing& keys,
    const std::unique_ptr<commands::Writer>& writer,
    std::function<std::int64_t()> now_ms) {
    return [&keys, &writer, now_ms = std::move(now_ms)](const ExpertRef& who,
                                                        const commands::RecordReach& change,
                                                        std::optional<events::Uuid> actor,
                                                        std::function<void(bool)> done) {
        const auto tenant_keys = keys.tenant_keys(who.tenant);
        if (!tenant_keys) return done(false);
        commands::CommandMeta meta;
        meta.tenant = who.tenant;
        meta.id = events::random_id<events::CommandId>();
        meta.now_ms = now_ms();
        if (actor) {
            meta.actor_kind = parlour::log::v1::ACTOR_KIND_ACCOUNT;
            meta.actor = actor;
        }
        const auto day = fmt::format("{}", meta.now_ms / kDayMs);
        const auto stream = events::id_from<events::Uuid>(
            events::keyed_hash((*tenant_keys)->command_ids, {"presence", who.expert.view(), day}));
        writer->submit<commands::Presence>(
            stream, change, meta, [done = std::move(done)](const commands::Answer& answer) {
                done(answer.has_value());
            });
    };
}

decltype(PresenceTracker::Parts::on_change) presence_teller(LiveHub& hub) {
    return [&hub](const ExpertRef& who, const ShownPresence& shown) {
        const LiveTopic topic{.kind = TopicKind::kPresence, .id = {}};
        hub.tell(who.tenant, topic, presence_event(who, shown));
        hub.tell_rosters(who.tenant, who.expert, shown.reach == Reach::kOnline);
    };
}

std::vector<std::string> presence_events(const PresenceTracker& tracker,
                                         const events::TenantId& tenant) {
    std::vector<std::string> events;
    for (const auto& [expert, shown] : tracker.of_tenant(tenant)) {
        events.push_back(presence_event({.tenant = tenant, .expert = expert}, shown));
    }
    return events;
}

}  // namespace gateway

#include "gateway/analytics_totals.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <utility>

#include "gateway/analytics.hpp"
#include "gateway/async.hpp"
#include "gateway/json_body.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using parlour::totals::v1::DayTotalled;
using parlour::totals::v1::Measures;

// Days in one answer.
constexpr std::size_t kDaysMax = 366;
constexpr std::string_view kFirstDay = "1970-01-01";
constexpr std::string_view kLastDay = "9999-12-31";

// "2026-11-22", as it stands.
Outcome<std::string> day_parameter(std::string_view query,
                                   std::string_view name,
                                   std::string_view otherwise) {
    const auto given = query_parameter(query, name).value_or(otherwise);
    if (given.size() == kFirstDay.size() && events::parse_time(given)) return std::string(given);
    return refuse(400,
                  fmt::format("{}-invalid", name),
                  fmt::format("\"{}\" must be a day, such as 2026-11-22.", name));
}

json::object measures_json(const Measures& measures) {
    json::object shown;
    const auto put = [&shown](std::string_view name, std::uint64_t number) {
        if (number > 0) shown.emplace(name, number);
    };
    put("visitors", measures.visitors());
    put("conversations_opened", measures.conversations_opened());
    put("messages_from_visitors", measures.messages_from_visitors());
    put("messages_from_experts", measures.messages_from_experts());
    put("offline_messages", measures.offline_messages());
    put("conversations_closed", measures.conversations_closed());
    return shown;
}

json::object day_json(const DayTotalled& day, const events::TenantId& tenant) {
    json::array experts;
    for (const auto& expert : day.experts()) {
        const auto id = events::Uuid::from_bytes(expert.expert_id());
        if (!id) continue;
        auto shown = measures_json(expert.measures());
        shown.emplace("expert", events::public_id(tenant, "exp", *id));
        experts.push_back(std::move(shown));
    }
    return {{"day", day.day()},
            {"company", measures_json(day.company())},
            {"experts", std::move(experts)}};
}

net::awaitable<Response> list_totals(const Services* services, Call call) {
    const auto& query = call.request.query;
    const auto tenant = call.principal.tenant;
    auto from = day_parameter(query, "from", kFirstDay);
    if (!from) co_return std::move(from.error());
    auto up_to = day_parameter(query, "to", kLastDay);
    if (!up_to) co_return std::move(up_to.error());
    if (auto behind = co_await wait_for_position(services, tenant, query)) {
        co_return std::move(*behind);
    }
    const projections::TotalsView::Days days{
        .from = *std::move(from), .up_to = *up_to, .most = kDaysMax + 1};
    const auto found = co_await offload(services->pool, [services, tenant, days] {
        return services->views.totals.list(services->store, tenant, days);
    });
    if (!found) co_return problem(found.error());
    json::object answer;
    json::array items;
    for (const auto& day : *found) {
        if (items.size() == kDaysMax) {
            answer.emplace(
                "next", fmt::format("/api/v1/analytics/totals?from={}&to={}", day.day(), *up_to));
            break;
        }
        items.push_back(day_json(day, tenant));
    }
    answer.emplace("items", std::move(items));
    co_return json_response(200, answer);
}

}  // namespace

void add_totals_route(Router& router, const Services& services) {
    router.add(
        "GET", "/api/v1/analytics/totals", analytics_access(), [services = &services](Call call) {
            return list_totals(services, std::move(call));
        });
}

}  // namespace gateway

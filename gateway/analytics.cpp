#include "gateway/analytics.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include "gateway/analytics_stream.hpp"
#include "gateway/analytics_totals.hpp"
#include "gateway/async.hpp"
#include "gateway/live_position.hpp"
#include "gateway/query.hpp"
#include "projections/analytics_schema.hpp"

namespace gateway {
namespace {

using events::Result;
using events::Seq;

constexpr std::string_view kPlacePurpose = "analytics";
constexpr std::uint64_t kEventsMax = 1'000;
constexpr std::uint64_t kEventsDefault = 100;
// Less than a stopping server waits for its requests, twice over.
constexpr std::uint64_t kWaitSecondsMax = 20;
constexpr std::chrono::milliseconds kLookAgainAfter{200};

using Keys = std::shared_ptr<const events::TenantKeys>;

// What a page is asked with.
struct Asked {
    std::optional<Seq> after;
    std::size_t limit = 0;
    std::chrono::seconds wait{};
};

Outcome<Asked> asked_in(const Call& call, const events::TenantKeys& keys) {
    const auto& query = call.request.query;
    const auto limit = number_parameter(
        query, {.name = "limit", .least = 1, .most = kEventsMax, .otherwise = kEventsDefault});
    if (!limit) return std::unexpected(limit.error());
    const auto wait = number_parameter(query, {.name = "wait", .most = kWaitSecondsMax});
    if (!wait) return std::unexpected(wait.error());
    Asked asked{.after = std::nullopt, .limit = *limit, .wait = std::chrono::seconds(*wait)};
    // A browser that opens an event stream again says by itself how far it came.
    const auto last_id = call.request.header("last-event-id");
    const auto after = last_id ? last_id : query_parameter(query, "after");
    if (after && !after->empty()) {
        asked.after = read_feed_place(keys, call.principal.tenant, *after);
        if (!asked.after) {
            return refuse(
                400,
                "after-invalid",
                R"("after" is taken from the link "next" of a page, or from the id of an )"
                "event in a stream.");
        }
    }
    return asked;
}

bool wants_stream(const Request& request) {
    const auto accept = request.header("accept");
    return accept && accept->find("text/event-stream") != std::string_view::npos;
}

// One event a line; where the next page begins stands in the header.
Response page_of(const AnalyticsFeed::Piece& piece,
                 const Asked& asked,
                 const events::TenantKeys& keys,
                 const events::TenantId& tenant) {
    Response response{.status = 200, .content_type = "application/x-ndjson"};
    for (const auto& item : piece.items) {
        response.body.append(projections::structured_json(item.event)).push_back('\n');
    }
    auto next = fmt::format("/api/v1/analytics/events?limit={}&after={}",
                            asked.limit,
                            write_feed_place(keys, tenant, piece.up_to));
    if (asked.wait.count() > 0) next += fmt::format("&wait={}", asked.wait.count());
    response.headers.emplace_back("Link", fmt::format(R"(<{}>; rel="next")", next));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

net::awaitable<Response> tell(const AnalyticsServices* analytics, Call call) {
    const auto& services = analytics->services;
    const auto tenant = call.principal.tenant;
    const auto keys = services.keys.tenant_keys(tenant);
    if (!keys) co_return problem(keys.error());
    auto asked = asked_in(call, **keys);
    if (!asked) co_return std::move(asked.error());
    const auto read = [analytics, tenant, asked = *asked] {
        return analytics->feed.read(tenant, asked.after, asked.limit);
    };
    auto piece = co_await offload(services.pool, read);
    if (piece && wants_stream(call.request)) {
        co_return analytics_stream(*analytics, call, asked->after);
    }
    net::steady_timer timer(co_await net::this_coro::executor);
    const auto until = std::chrono::steady_clock::now() + asked->wait;
    while (piece && piece->items.empty() && std::chrono::steady_clock::now() < until) {
        asked->after = piece->up_to;
        timer.expires_after(kLookAgainAfter);
        co_await timer.async_wait(net::as_tuple(net::use_awaitable));
        piece = co_await offload(services.pool, read);
    }
    if (!piece) co_return feed_problem(piece.error());
    co_return page_of(*piece, *asked, **keys, tenant);
}

net::awaitable<Response> show_schema(std::shared_ptr<const std::string> schema) {
    co_return Response{.status = 200, .content_type = "application/schema+json", .body = *schema};
}

}  // namespace

Access analytics_access() {
    return {.roles = {Role::ROLE_ANALYST}, .scope = Scope::SCOPE_ANALYTICS_READ};
}

void add_analytics_routes(Router& router, const AnalyticsServices& analytics) {
    router.add("GET", "/api/v1/analytics/events", analytics_access(), [&analytics](Call call) {
        return tell(&analytics, std::move(call));
    });
    const auto schema = std::make_shared<const std::string>(projections::analytics_schema());
    router.add("GET", "/api/v1/analytics/schema", analytics_access(), [schema](const Call&) {
        return show_schema(schema);
    });
    add_totals_route(router, analytics.services);
}

std::string write_feed_place(const events::TenantKeys& keys,
                             const events::TenantId& tenant,
                             Seq seq) {
    return write_cursor(seq, kPlacePurpose, keys, tenant);
}

std::optional<Seq> read_feed_place(const events::TenantKeys& keys,
                                   const events::TenantId& tenant,
                                   std::string_view text) {
    return read_cursor(text, kPlacePurpose, keys, tenant);
}

Response feed_problem(const events::Error& error) {
    if (error.code != events::Errc::kErased) return problem(error);
    return problem(410,
                   "feed-past",
                   "What follows behind this place is told no more: the feed reaches back to the "
                   "beginning of the week. Begin again without \"after\".");
}

}  // namespace gateway

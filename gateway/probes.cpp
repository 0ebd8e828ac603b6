#include "gateway/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "gateway/problem.hpp"

namespace gateway {
namespace {

const Access kEverybody{.everybody = true, .budget = Budget::kUnmetered};

net::awaitable<Response> answer_with(Response response) {
    co_return response;
}

Response metrics(const Request& request, const Services& services, const ProbeOptions& options) {
    if (!options.metrics || !is_local(request)) return no_such_resource();
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = services.metrics.text(),
            .headers = {}};
}

}  // namespace

Response readiness_response(const Readiness& state) {
    const bool leads = state.load.led == state.load.partitions;
    const bool all = leads && !state.views_stopped && state.keys_writable;
    Response response{.status = all ? 200U : 503U};
    response.body = fmt::format(
        R"({{"ready":{},"log":"{}","views":{{"state":"{}","behind":{}}},"policies":"{}",)"
        R"("keys":"{}","mail":"{}"}})",
        all,
        leads ? "ready" : "claiming",
        state.views_stopped ? "stopped" : "ready",
        state.views_behind,
        state.policies_stopped ? "stopped" : "ready",
        state.keys_writable ? "ready" : "failed",
        state.mail ? "configured" : "not configured");
    return response;
}

bool is_local(const Request& request) {
    static const auto loopback = [] {
        std::vector<AddressRange> ranges;
        for (const std::string_view text : {"127.0.0.0/8", "::1"}) {
            if (const auto range = AddressRange::parse(text)) ranges.push_back(*range);
        }
        return ranges;
    }();
    // A proxy that is not trusted passes for its clients: what it says of them remains.
    constexpr std::array<std::string_view, 3> kOfProxies{
        "forwarded", "x-forwarded-for", "x-real-ip"};
    return std::ranges::any_of(loopback,
                               [&](const auto& range) { return range.contains(request.peer); }) &&
           std::ranges::none_of(
               kOfProxies, [&](std::string_view name) { return request.header(name).has_value(); });
}

void add_probe_routes(Router& router, const Services& services, ProbeOptions options) {
    router.add("GET", "/health", kEverybody, [](const Call&) {
        return answer_with({.body = R"({"status":"alive"})"});
    });
    router.add("GET", "/ready", kEverybody, [&services, options](const Call&) {
        return answer_with(readiness_response(
            {.load = services.writer.load(),
             .views_stopped = services.runner.failure().has_value(),
             .views_behind = services.runner.behind(),
             .policies_stopped = options.policies_stopped && options.policies_stopped(),
             .keys_writable = services.keys.is_writable(),
             .mail = options.mail}));
    });
    router.add("GET", "/metrics", kEverybody, [&services, options](const Call& call) {
        return answer_with(metrics(call.request, services, options));
    });
}

}  // namespace gateway

#include "gateway/router.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/auth.hpp"
#include "gateway/log.hpp"
#include "gateway/problem.hpp"

namespace gateway {
namespace {

using Clock = std::chrono::steady_clock;

using PathSegments = std::vector<std::string_view>;

// Views into the path.
PathSegments split(std::string_view path) {
    PathSegments segments;
    segments.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')));
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto end = path.find('/');
        segments.push_back(path.substr(0, end));
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    }
    return segments;
}

bool is_name(std::string_view segment) {
    return segment.starts_with('{');
}

bool fits(const Segments& pattern, const PathSegments& path) {
    return std::ranges::equal(pattern, path, [](std::string_view wanted, std::string_view given) {
        return is_name(wanted) && !given.empty() ? true : wanted == given;
    });
}

// What the names of a pattern that fits stand for.
Segments named_in(const PathSegments& path, const Segments& pattern) {
    Segments named;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_name(pattern[i])) named.emplace_back(path[i]);
    }
    return named;
}

net::awaitable<Response> answer_with(Response response) {
    co_return response;
}

}  // namespace

void Router::add(std::string_view method,
                 std::string_view pattern,
                 Access access,
                 RouteHandler handler) {
    const auto segments = split(pattern);
    routes_.push_back({.method = std::string(method),
                       .pattern = Segments(segments.begin(), segments.end()),
                       .access = std::move(access),
                       .handler = std::move(handler),
                       .text = std::string(pattern),
                       .meter = &metrics_.route(method, pattern)});
}

std::vector<Router::Listed> Router::list() const {
    std::vector<Listed> all;
    for (const auto& route : routes_) {
        all.push_back({.method = route.method, .pattern = route.text, .access = route.access});
    }
    return all;
}

std::string Router::methods_of(std::string_view path) const {
    const auto segments = split(path);
    std::string methods;
    for (const auto& route : routes_) {
        if (!fits(route.pattern, segments)) continue;
        methods.append(methods.empty() ? "" : ", ").append(route.method);
    }
    return methods;
}

// The route lives as long as the router, which outlives every request.
net::awaitable<Response> Router::enter(const Route& route,
                                       Request request,
                                       Segments segments) const {
    const auto begun = Clock::now();
    auto principal = co_await authenticator_.authenticate(request, route.access);
    Response response;
    if (principal) {
        response = co_await route.handler(Call{.request = std::move(request),
                                               .segments = std::move(segments),
                                               .principal = *std::move(principal)});
    } else {
        response = std::move(principal.error());
    }
    const auto took = Clock::now() - begun;
    route.meter->observe(response.status, took);
    log_event(
        response.status >= 500 ? LogLevel::kWarning : LogLevel::kDebug,
        "request",
        {{"method", Fixed(route.method)},
         {"route", Fixed(route.text)},
         {"status", response.status},
         {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(took).count()}});
    co_return response;
}

net::awaitable<Response> Router::route(Request request) const {
    const auto path = split(request.path);
    const std::string_view method =
        request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
    std::string allowed;
    for (const auto& route : routes_) {
        if (!fits(route.pattern, path)) continue;
        if (route.method == method) {
            auto named = named_in(path, route.pattern);
            return enter(route, std::move(request), std::move(named));
        }
        allowed += (allowed.empty() ? "" : ", ") + route.method;
        if (route.method == "GET") allowed += ", HEAD";
    }
    Response response = no_such_resource();
    if (!allowed.empty()) {
        response = problem(405, "method-not-allowed", "This path does not take that method.");
        response.headers.emplace_back("Allow", allowed);
    }
    unrouted_.observe(response.status, {});
    return answer_with(std::move(response));
}

}  // namespace gateway

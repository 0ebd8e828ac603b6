#include "gateway/portal_origins.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/auth.hpp"
#include "gateway/problem.hpp"

namespace gateway {
namespace {

constexpr std::string_view kReadable = "ETag, Idempotency-Replayed, Retry-After";
constexpr std::string_view kSendable =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-CSRF-Token";

bool is_same(const WebOrigin& one, const WebOrigin& other) {
    return one.scheme == other.scheme && one.host == other.host && one.port == other.port;
}

bool is_among(const std::vector<WebOrigin>& origins, const WebOrigin& origin) {
    return std::ranges::any_of(origins, [&](const WebOrigin& one) { return is_same(one, origin); });
}

// What this is about: the API, but for the part that any site's pages load.
bool is_concerned(std::string_view path) {
    return path.starts_with("/api/v1/") && !path.starts_with("/api/v1/widget/");
}

bool is_preflight(const Request& request) {
    return request.method == "OPTIONS" && request.header("access-control-request-method");
}

bool has_session(const Request& request) {
    return cookie_of(request, kSecureSessionCookie) || cookie_of(request, kSessionCookie);
}

void let_read(Response& response, const std::string& origin) {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
}

// The answer's bytes depend on the page that asks: no cache may mix them up.
void vary(Response& response) {
    const bool told = std::ranges::any_of(
        response.headers, [](const auto& header) { return header.first == "Vary"; });
    if (!told) response.headers.emplace_back("Vary", "Origin");
}

Response not_allowed() {
    return problem(403,
                   "origin-not-allowed",
                   "This page is not among the portals' origins; the operator adds it to "
                   "portal_origins.");
}

Response preflight(const std::string& methods, const std::string& origin) {
    Response response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
    let_read(response, origin);
    response.headers.emplace_back("Access-Control-Allow-Methods", methods);
    response.headers.emplace_back("Access-Control-Allow-Headers", kSendable);
    response.headers.emplace_back("Access-Control-Max-Age", kPreflightSeconds);
    return response;
}

}  // namespace

bool is_own_origin(const Request& request, const WebOrigin& origin) {
    if (request.secure && origin.scheme != "https") return false;
    const auto host =
        parse_origin(origin.scheme + "://" + std::string(request.header("host").value_or("")));
    return host && is_same(*host, origin);
}

PortalOrigins::PortalOrigins(const std::vector<std::string>& listed, std::string_view public_url) {
    for (const auto& text : listed) {
        if (auto origin = parse_origin(text)) listed_.push_back(*std::move(origin));
    }
    if (auto origin = parse_origin(public_url)) own_.push_back(*std::move(origin));
}

PortalOrigins::Page PortalOrigins::page_of(const Request& request) const {
    const auto text = request.header("origin");
    if (!text || !is_concerned(request.path)) return Page::kNone;
    // No script can set this header; it holds behind a proxy that changes the host, too.
    if (request.header("sec-fetch-site").value_or("") == "same-origin") return Page::kOwn;
    const auto origin = parse_origin(*text);
    if (!origin) return Page::kForeign;
    if (is_among(own_, *origin) || is_own_origin(request, *origin)) return Page::kOwn;
    return is_among(listed_, *origin) ? Page::kListed : Page::kForeign;
}

net::awaitable<Response> PortalOrigins::answer(const Router& router, Request request) const {
    const Page page = page_of(request);
    const bool concerned = is_concerned(request.path);
    const std::string origin(request.header("origin").value_or(""));
    Response response;
    if (page == Page::kForeign && (is_preflight(request) || has_session(request))) {
        response = not_allowed();
        // It says nothing of anybody, so that page's script may know why.
        if (origin != "null" && !is_preflight(request)) let_read(response, origin);
    } else if (page == Page::kListed && is_preflight(request)) {
        const auto methods = router.methods_of(request.path);
        response = methods.empty() ? no_such_resource() : preflight(methods, origin);
    } else {
        response = co_await router.route(std::move(request));
        if (page == Page::kListed) {
            let_read(response, origin);
            response.headers.emplace_back("Access-Control-Expose-Headers", kReadable);
        }
    }
    if (page == Page::kForeign || (concerned && !listed_.empty())) vary(response);
    co_return response;
}

}  // namespace gateway

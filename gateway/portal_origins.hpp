#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/domain_pattern.hpp"
#include "gateway/http.hpp"
#include "gateway/router.hpp"

// Portals that lie on other host names than the server (`portal_origins`): which pages' scripts may
// use the API with a session's cookie, said to browsers as they ask for it (Fetch, 3.2). The
// widget's public side has rules of its own (widget_public.hpp), and an API token or a visitor's
// token is no browser's to send by itself: this is about cookies only.
namespace gateway {

// How long a browser may remember what a page may ask for.
inline constexpr std::string_view kPreflightSeconds = "600";

// Whether the page lies on this server itself, under the name it was asked by.
bool is_own_origin(const Request& request, const WebOrigin& origin);

class PortalOrigins {
  public:
    // The listed ones, and the address under which people reach the portals (may be empty); both as
    // the configuration has them.
    PortalOrigins(const std::vector<std::string>& listed, std::string_view public_url);

    // The router's answer, with what lets a listed page read it. A preflight is answered here. 403
    // "origin-not-allowed" for one of a page that is not listed, and for its request with a
    // session's cookie. The router outlives the call.
    net::awaitable<Response> answer(const Router& router, Request request) const;

  private:
    enum class Page : std::uint8_t { kNone, kOwn, kListed, kForeign };
    [[nodiscard]] Page page_of(const Request& request) const;

    std::vector<WebOrigin> listed_;
    std::vector<WebOrigin> own_;
};

}  // namespace gateway

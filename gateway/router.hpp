#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http.hpp"

// Finds the route of a request. Patterns are paths whose segments are literal or {name}; a {name}
// matches one non-empty segment, taken as it stands (our ids need no percent-encoding).
namespace gateway {

using Segments = std::vector<std::string>;  // what the {name}s matched, in order
using RouteHandler = std::function<net::awaitable<Response>(Request, Segments)>;

class Router {
  public:
    void add(std::string_view method, std::string_view pattern, RouteHandler handler);

    // 404 when no pattern fits the path; 405 with Allow when one does, but not with this method.
    // HEAD goes where GET goes.
    net::awaitable<Response> route(Request request) const;

  private:
    struct Route {
        std::string method;
        Segments pattern;
        RouteHandler handler;
    };
    std::vector<Route> routes_;
};

}  // namespace gateway

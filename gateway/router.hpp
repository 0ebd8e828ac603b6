#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access.hpp"
#include "gateway/http.hpp"
#include "gateway/metrics.hpp"

// Finds the route of a request, and lets in only whom it is for. Patterns are paths whose segments
// are literal or {name}; a {name} matches one non-empty segment, taken as it stands (our ids need
// no percent-encoding).
namespace gateway {

using Segments = std::vector<std::string>;  // what the {name}s matched, in order

// A request that may come in, and whose it is.
struct Call {
    Request request;
    Segments segments;
    Principal principal;
};
using RouteHandler = std::function<net::awaitable<Response>(Call)>;

class Authenticator;

class Router {
  public:
    // Borrowed; they outlive the router.
    Router(Authenticator& authenticator, Metrics& metrics)
        : authenticator_(authenticator),
          metrics_(metrics),
          unrouted_(metrics.route("any", "none")) {}

    void add(std::string_view method,
             std::string_view pattern,
             Access access,
             RouteHandler handler);

    // 404 when no pattern fits the path; 405 with Allow when one does, but not with this method;
    // 401 and 403 as the authenticator says. HEAD goes where GET goes.
    net::awaitable<Response> route(Request request) const;

    // The methods that the path takes, "GET, POST"; empty when nothing stands behind it.
    [[nodiscard]] std::string methods_of(std::string_view path) const;

    struct Listed {
        std::string method;
        std::string pattern;
        Access access;
    };
    // Every route there is, in the order in which they were added.
    [[nodiscard]] std::vector<Listed> list() const;

  private:
    struct Route {
        std::string method;
        Segments pattern;
        Access access;
        RouteHandler handler;
        std::string text;  // the pattern as it was given
        RequestMeter* meter;
    };
    net::awaitable<Response> enter(const Route& route, Request request, Segments segments) const;

    Authenticator& authenticator_;
    Metrics& metrics_;
    RequestMeter& unrouted_;  // of requests that no route takes
    std::vector<Route> routes_;
};

}  // namespace gateway

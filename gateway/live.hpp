#pragma once

#include "gateway/live_client.hpp"
#include "gateway/router.hpp"

// The live routes: POST /api/v1/tickets, the WebSocket /api/v1/live and, for who cannot have one,
// the event stream GET /api/v1/live/events.
namespace gateway {

inline constexpr std::string_view kLivePath = "/api/v1/live";
inline constexpr std::size_t kStreamTopicsMax = 16;

// Adds the HTTP ones. `live` is borrowed and outlives the router.
void add_live_routes(Router& router, const LiveServices& live);

// Takes WebSockets at kLivePath. No origin is asked for: a ticket is no cookie, so nobody's page
// can have one that its own program did not fetch.
LiveUpgrade live_upgrade(const LiveServices& live);

}  // namespace gateway

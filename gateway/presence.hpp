#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "gateway/live_client.hpp"
#include "gateway/presence_tracker.hpp"
#include "gateway/router.hpp"

// The resources /api/v1/presence, /api/v1/me/presence, /api/v1/me/capacity and
// /api/v1/experts/{id}/capacity, and the tracker's ties to log and hub.
namespace gateway {

// Adds their routes. All borrowed, and outlive the router.
void add_presence_routes(Router& router,
                         const LiveServices& live,
                         const projections::PresenceBoard& board);

// What the tracker records with: the expert's stream of that day. `writer` may be set later, but
// before the tracker looks.
decltype(PresenceTracker::Parts::record) presence_recorder(
    events::KeyRing& keys,
    const std::unique_ptr<commands::Writer>& writer,
    std::function<std::int64_t()> now_ms);

// What the tracker's changes are told with.
decltype(PresenceTracker::Parts::on_change) presence_teller(LiveHub& hub);

// Everybody of the tenant who is not simply offline, as the topic "presence" tells it.
std::vector<std::string> presence_events(const PresenceTracker& tracker,
                                         const events::TenantId& tenant);

}  // namespace gateway

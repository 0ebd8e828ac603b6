#pragma once

#include <boost/json/object.hpp>

#include <string_view>

#include "gateway/router.hpp"
#include "gateway/services.hpp"
#include "parlour/expert/v1/events.pb.h"
#include "projections/expert_directory.hpp"

// The resource /api/v1/experts: who can be asked, what they show of themselves, and how they are
// found.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_expert_routes(Router& router, const Services& services);

// Whether the expert can be reached by that channel, to be asked before a conversation, a call or a
// booking begins: 422 "channel-closed" when it was closed. `services` lives as long as the server.
net::awaitable<Outcome<void>> require_channel(const Services* services,
                                              events::TenantId tenant,
                                              events::Uuid expert,
                                              parlour::expert::v1::Channel channel);

// False also where nobody knows of presence.
bool is_available(const Services& services,
                  const events::TenantId& tenant,
                  const events::Uuid& expert);

// The id of a tag of that value: equal for all experts of the company who have it. The letters A to
// Z count as a to z.
events::Uuid tag_id(const events::TenantKeys& keys,
                    parlour::expert::v1::TagKind kind,
                    std::string_view value);

// What anybody may see of an expert, but its id.
boost::json::object expert_json(const projections::ExpertItem& item, bool available);

}  // namespace gateway

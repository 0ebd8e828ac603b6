#pragma once

#include "events/ids.hpp"
#include "gateway/outcome.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What an expert, or an administrator for one, changes of the profile: texts, tags, channels.
namespace gateway {

// Adds its routes below /api/v1/experts/{id}. The services are borrowed and outlive the router.
void add_expert_profile_routes(Router& router, const Services& services);

// The expert in the path, if it is the principal's to change: an expert's own, an administrator's
// any. 404, 403.
Outcome<events::Uuid> expert_to_change(const Call& call);

}  // namespace gateway

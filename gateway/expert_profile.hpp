#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What an expert, or an administrator for one, changes of the profile: texts, tags, channels.
namespace gateway {

// Adds its routes below /api/v1/experts/{id}. The services are borrowed and outlive the router.
void add_expert_profile_routes(Router& router, const Services& services);

}  // namespace gateway

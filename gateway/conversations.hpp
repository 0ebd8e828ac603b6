#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/conversations.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_conversation_routes(Router& router, const Services& services);

}  // namespace gateway

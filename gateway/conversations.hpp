#pragma once

#include "gateway/auth.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/conversations, for integrators.
namespace gateway {

// Adds its routes. Services and authenticator are borrowed and outlive the router.
void add_conversation_routes(Router& router,
                             const Services& services,
                             Authenticator& authenticator);

}  // namespace gateway

#pragma once

#include "gateway/account_access.hpp"
#include "gateway/router.hpp"

// The resource /api/v1/sessions: logging in and out of the portals; and /api/v1/me.
namespace gateway {

// Adds its routes. Borrowed; outlives the router.
void add_session_routes(Router& router, const AccountServices& accounts);

}  // namespace gateway

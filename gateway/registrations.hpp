#pragma once

#include "gateway/account_access.hpp"
#include "gateway/router.hpp"

// The resource /api/v1/registrations: how a stranger gets an account. Nothing that it answers, nor
// when, tells whether an address is known.
namespace gateway {

// Adds its routes. Borrowed; outlives the router.
void add_registration_routes(Router& router, const AccountServices& accounts);

}  // namespace gateway

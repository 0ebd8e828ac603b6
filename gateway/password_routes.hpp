#pragma once

#include "gateway/account_access.hpp"
#include "gateway/router.hpp"

// The resources /api/v1/password-resets and /api/v1/me/password: a new password, by a link to the
// account's address or by the old one. Either ends the account's other sessions.
namespace gateway {

// Adds their routes. Borrowed; outlives the router.
void add_password_routes(Router& router, const AccountServices& accounts);

}  // namespace gateway

#pragma once

#include "gateway/account_access.hpp"
#include "gateway/router.hpp"

// The resource /api/v1/company, as its administrators have it: itself, its members and their roles,
// its roster of experts; and /api/v1/companies, where one is founded.
namespace gateway {

// Adds their routes. Borrowed; outlives the router.
void add_company_routes(Router& router, const AccountServices& accounts);

}  // namespace gateway

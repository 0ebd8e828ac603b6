#pragma once

#include "gateway/account_access.hpp"
#include "gateway/outcome.hpp"
#include "gateway/router.hpp"

// The resource /api/v1/company, as its administrators have it: itself, its members and their roles,
// its roster of experts; and /api/v1/companies, where one is founded.
namespace gateway {

// Adds their routes. Borrowed; outlives the router.
void add_company_routes(Router& router, const AccountServices& accounts);

// The company of a tenant; 404 "company-not-found". The services outlive the call.
net::awaitable<Outcome<projections::CompanyProfile>> company_of(const Services* services,
                                                                events::TenantId tenant);

}  // namespace gateway

#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// PATCH /api/v1/company: what a company says of itself, as its administrators change it.
namespace gateway {

// Adds the route. The services are borrowed and outlive the router.
void add_company_details_routes(Router& router, const Services& services);

}  // namespace gateway

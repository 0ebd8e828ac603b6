#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// GET /api/v1/analytics/totals: what a company's days add up to.
namespace gateway {

// Adds the route. The services are borrowed and outlive the router.
void add_totals_route(Router& router, const Services& services);

}  // namespace gateway

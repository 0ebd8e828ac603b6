#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/company/tokens: what a company's own programs come in with.
namespace gateway {

// Adds its routes. Borrowed; outlives the router.
void add_company_token_routes(Router& router, const Services& services);

}  // namespace gateway

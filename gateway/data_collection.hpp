#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/company/data-collection: what of a visitor's data the company asks for and
// keeps, and whether it takes customers with accounts.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_data_collection_routes(Router& router, const Services& services);

}  // namespace gateway

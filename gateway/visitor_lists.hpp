#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What of all visitors a company's people list: the register of consents, /api/v1/consents, and
// who checked in, /api/v1/check-ins.
namespace gateway {

// Adds their routes. The services are borrowed and outlive the router.
void add_visitor_list_routes(Router& router, const Services& services);

}  // namespace gateway

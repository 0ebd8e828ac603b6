#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/company/processing-terms: which terms of processing the company accepted,
// who did so for it, and when.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_processing_terms_routes(Router& router, const Services& services);

}  // namespace gateway

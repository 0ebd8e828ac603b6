#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/widgets: what a company's administrators do with its widgets.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_widget_routes(Router& router, const Services& services);

}  // namespace gateway

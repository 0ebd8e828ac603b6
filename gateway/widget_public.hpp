#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What a site's visitors load of a widget, in two stages: the button on every page, the rest once
// somebody opens it. Nothing of this is an event, and nothing is set in the browser.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_public_widget_routes(Router& router, const Services& services);

}  // namespace gateway

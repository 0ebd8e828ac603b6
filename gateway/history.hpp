#pragma once

#include "events/log.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"

// /api/v1/history: a company's commits as they lie in the log, for those who check them. What is
// personal in them stays sealed.
namespace gateway {

// Adds the route. Both are borrowed and outlive the router.
void add_history_routes(Router& router, events::Log& log, const Services& services);

}  // namespace gateway

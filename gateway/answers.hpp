#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// POST /api/v1/answers: what the link of a mail "an answer waits" opens, for the page /answer. The
// link's token is the request's bearer credential (gateway/answer_link.hpp), so that any node knows
// whose request it is.
namespace gateway {

// Adds the route. The services are borrowed and outlive the router.
void add_answer_routes(Router& router, const Services& services);

}  // namespace gateway

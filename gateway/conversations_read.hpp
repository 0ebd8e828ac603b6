#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What is read of conversations: one of them, its messages page by page, a visitor's own, and an
// expert's inbox.
namespace gateway {

// Adds their routes. The services are borrowed and outlive the router.
void add_conversation_reading_routes(Router& router, const Services& services);

}  // namespace gateway

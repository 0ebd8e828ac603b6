#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// GET /api/v1/company/mails: the company's mail outbox for its administrators, newest first: what
// was queued, what became of it and when. No address and no text; people by their ids.
namespace gateway {

// Adds the route. The services are borrowed and outlive the router.
void add_company_mail_routes(Router& router, const Services& services);

}  // namespace gateway

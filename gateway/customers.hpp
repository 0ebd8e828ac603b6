#pragma once

#include "gateway/account_access.hpp"
#include "gateway/router.hpp"

// The resource /api/v1/customers, where strangers become customers of a company and log in, and
// /api/v1/customer, what a customer sees of itself. Their conversations are those of the visitor
// that they are (customer_session.hpp).
namespace gateway {

// Adds their routes. Borrowed; outlives the router.
void add_customer_routes(Router& router, const AccountServices& accounts);

}  // namespace gateway

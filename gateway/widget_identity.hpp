#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What a widget's administrators decide about verified visitors: /api/v1/widgets/{id}/identity and
// the secrets under /api/v1/widgets/{id}/identity-secrets, by which the company's own server
// vouches for a visitor (identity_token.hpp).
namespace gateway {

// Adds their routes. The services are borrowed and outlive the router.
void add_widget_identity_routes(Router& router, const Services& services);

}  // namespace gateway

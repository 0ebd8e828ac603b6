#pragma once

#include <optional>

#include "events/ids.hpp"
#include "gateway/http.hpp"

// Where a request belongs. Every public key, token, link and id begins with the id of its tenant,
// so a look at the request is enough (DESIGN 2); nothing is looked up and nothing is believed: the
// tenant's owner checks credential and path as if it had been asked itself.
namespace gateway {

// The tenant whose owner answers. Nothing for what any node answers: pages, probes, and requests
// that name no tenant at all.
std::optional<events::TenantId> home_of(const Request& request);

}  // namespace gateway

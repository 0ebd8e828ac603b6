#pragma once

#include <chrono>

#include "gateway/http.hpp"
#include "gateway/services.hpp"

namespace gateway {

// Waits until every view has read the tenant's log up to and with `position`, at most `longest`.
// False when they have not, or when there is no such position yet.
net::awaitable<bool> view_reached(const Services* services,  // lives as long as the server
                                  events::TenantId tenant,
                                  events::Seq position,
                                  std::chrono::milliseconds longest);

// Waits until the views show everything that the tenant's log holds now: what somebody was told
// before is then seen. A tenant without a commit is there at once. False as above.
net::awaitable<bool> caught_up(const Services* services,
                               events::TenantId tenant,
                               std::chrono::milliseconds longest);

// Waits until the policies have seen through what follows from the tenant's commits up to and with
// `position`, and what follows from that, and the views show it, there and in the platform's
// tenant.
net::awaitable<bool> settled(const Services* services,
                             events::TenantId tenant,
                             events::Seq position,
                             std::chrono::milliseconds longest);

}  // namespace gateway

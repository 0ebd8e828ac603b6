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

}  // namespace gateway

#pragma once

#include <chrono>
#include <optional>

#include "events/ids.hpp"
#include "gateway/http.hpp"
#include "gateway/quota.hpp"
#include "gateway/settings.hpp"

// What strangers may make of one company's log, and of the platform's, wherever they come from: the
// budgets of sources and visitors (gateway/budgets.hpp) bound each of them, not all of them. In
// memory only; any thread. Whoever the company's own server vouches for, and a customer who logged
// in, is no stranger.
namespace gateway {

// So many an hour; of these a sixth at once.
Rate hourly(unsigned count);

class StrangerQuotas {
  public:
    explicit StrangerQuotas(const QuotaSettings& settings);

    // Each gives nothing when it may go on; else 429 "quota-reached" with Retry-After.
    // A visitor's request that changes something, of whichever visitor of the company's.
    std::optional<Response> refuse_write(const events::TenantId& company, std::int64_t now_ms);
    // A visitor whom the company does not know yet and who would leave something behind.
    std::optional<Response> refuse_newcomer(const events::TenantId& company, std::int64_t now_ms);
    // An account: of the company's customers, or, in the platform's tenant, of anybody.
    std::optional<Response> refuse_registration(const events::TenantId& tenant,
                                                std::int64_t now_ms);

  private:
    Quota writes_;
    Quota newcomers_;
    Quota registrations_;
};

}  // namespace gateway

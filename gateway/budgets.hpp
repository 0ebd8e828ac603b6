#pragma once

#include <cstdint>
#include <optional>

#include "gateway/access.hpp"
#include "gateway/http.hpp"
#include "gateway/quota.hpp"

// What those may ask of the server who need no account: each source of requests, and each visitor.
// A log-in, or an API token, is somebody known.
namespace gateway {

// Each by source; a visitor's also by visitor.
inline constexpr Rate kPageRate{.burst = 1000, .every = std::chrono::milliseconds(10)};
inline constexpr Rate kVisitRate{.burst = 240, .every = std::chrono::milliseconds(250)};
inline constexpr Rate kAccountRate{.burst = 60, .every = std::chrono::milliseconds(1000)};
inline constexpr Rate kVisitorReadRate{.burst = 300, .every = std::chrono::milliseconds(50)};
inline constexpr Rate kVisitorWriteRate{.burst = 120, .every = std::chrono::milliseconds(500)};
inline constexpr Rate kVisitorsWriteRate{.burst = 1200, .every = std::chrono::milliseconds(50)};

class Budgets {
  public:
    // Of a route for everybody. Nothing when the request may go on; else 429 "too-many-requests".
    std::optional<Response> refuse(Budget budget, const Request& request, std::int64_t now_ms);
    // Of a visitor's request, likewise.
    std::optional<Response> refuse_visitor(const Principal& visitor,
                                           const Request& request,
                                           std::int64_t now_ms);

  private:
    SourceKeys sources_;
    Quota pages_{kPageRate};
    Quota visits_{kVisitRate};
    Quota accounts_{kAccountRate};
    Quota visitor_reads_{kVisitorReadRate};
    Quota visitor_writes_{kVisitorWriteRate};
    Quota visitors_write_{kVisitorsWriteRate};  // all visitors of one source
};

// 429 with Retry-After, in whole seconds and at least one.
Response too_many(std::string_view code, std::chrono::milliseconds wait);

}  // namespace gateway

#pragma once

#include <optional>

#include "gateway/analytics.hpp"

// The feed as an event stream: each event in `data`, and behind the last of a commit the place as
// `id`, by which the stream goes on without a hole when it is opened again.
namespace gateway {

// The answer that opens a stream behind `after`; nothing: from the oldest that can be told.
Response analytics_stream(const AnalyticsServices& analytics,
                          const Call& call,
                          std::optional<events::Seq> after);

}  // namespace gateway

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/mail/compose.hpp"

namespace mail {

// Whether the system's time zone database knows the zone by this name, e.g. "Europe/Berlin".
bool is_zone(std::string_view name);

// A moment to the minute as people there write it, with the zone and its distance to UTC, so that
// it says one thing only even in the hour that comes twice:
//   22.11.2026, 14:05 Uhr (Europe/Berlin, UTC+1)      22 November 2026, 14:05 (Asia/Kolkata,
//   UTC+5:30)
// Nothing for an unknown zone or a year outside 1970 to 9999.
std::optional<std::string> local_time(std::int64_t unix_ms,
                                      std::string_view zone,
                                      Language language);

}  // namespace mail

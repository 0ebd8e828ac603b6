#pragma once

#include <cstdint>

// The one place where the time of day is read for what is recorded; everybody else is handed it.
namespace gateway {

// Milliseconds since 1970, UTC.
std::int64_t wall_clock_ms();

}  // namespace gateway

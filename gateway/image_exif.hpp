#pragma once

#include <string_view>

namespace gateway {

// The orientation (1 to 8) that a JPEG's first EXIF segment tells, 1 where it tells none or is
// malformed. Reads within the bytes, whatever they are, in time proportional to their number.
int exif_orientation(std::string_view jpeg);

}  // namespace gateway

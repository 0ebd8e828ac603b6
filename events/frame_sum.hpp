#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace events {

// The checksum that the frame of a record carries; nothing when it does not fit the frame's bytes.
// Equal checksums of two frames that pass mean equal bytes: a sender that kept the one of what it
// sent need not decode what came back.
std::optional<std::uint64_t> checked_sum(std::string_view frame);

}  // namespace events

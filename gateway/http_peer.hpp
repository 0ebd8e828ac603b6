#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "events/error.hpp"

// Where requests come from. An address is personal data: it has no printing, is never logged or
// stored, and is for keyed hashes and comparisons in memory only.
namespace gateway {

// An IPv6 address, or an IPv4 address mapped into IPv6 (::ffff:a.b.c.d), so that a client has one
// form whichever way it came.
class PeerAddress {
  public:
    using Bytes = std::array<std::uint8_t, 16>;

    PeerAddress() = default;  // "::", which no client has
    explicit PeerAddress(const Bytes& bytes) : bytes_(bytes) {}
    static PeerAddress of_v4(const std::array<std::uint8_t, 4>& bytes);
    // A numeric address without port, brackets or zone; nothing for any other text.
    static std::optional<PeerAddress> parse(std::string_view text);

    [[nodiscard]] const Bytes& reveal() const { return bytes_; }
    bool operator==(const PeerAddress&) const = default;

  private:
    Bytes bytes_{};
};

// All addresses that share their first bits.
class AddressRange {
  public:
    // ADDRESS/BITS, such as 10.0.0.0/8 or fd00::/8, or a single ADDRESS. kInvalidArgument when it
    // is neither, and when a bit is set behind the first BITS: then the range is not what it seems.
    static events::Result<AddressRange> parse(std::string_view text);

    [[nodiscard]] bool contains(const PeerAddress& address) const;

  private:
    AddressRange(const PeerAddress& first, unsigned bits) : first_(first), bits_(bits) {}

    PeerAddress first_;
    unsigned bits_;  // of the 128
};

}  // namespace gateway

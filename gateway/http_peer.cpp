#include "gateway/http_peer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>

namespace gateway {

namespace {

constexpr unsigned kAllBits = 128;
constexpr unsigned kBitsBeforeV4 = 96;

bool bit_of(const PeerAddress& address, unsigned at) {
    return ((address.reveal()[at / 8] >> (7 - at % 8)) & 1U) != 0;
}

std::optional<unsigned> number_of(std::string_view digits) {
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    unsigned number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number;
}

}  // namespace

PeerAddress PeerAddress::of_v4(const std::array<std::uint8_t, 4>& bytes) {
    Bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::ranges::copy(bytes, mapped.end() - bytes.size());
    return PeerAddress(mapped);
}

std::optional<PeerAddress> PeerAddress::parse(std::string_view text) {
    const std::string terminated(text);
    if (terminated.size() != std::string_view(terminated.c_str()).size()) return std::nullopt;
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return of_v4(four);
    Bytes six{};
    if (inet_pton(AF_INET6, terminated.c_str(), six.data()) == 1) return PeerAddress(six);
    return std::nullopt;
}

events::Result<AddressRange> AddressRange::parse(std::string_view text) {
    const auto refused = [&] {
        return events::fail(
            events::Errc::kInvalidArgument,
            fmt::format("'{}' is not ADDRESS/BITS, such as 10.0.0.0/8 or fd00::/8", text));
    };
    const auto slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    const auto first = PeerAddress::parse(address);
    if (!first) return refused();
    const unsigned before = address.contains(':') ? 0 : kBitsBeforeV4;
    unsigned bits = kAllBits;
    if (slash != std::string_view::npos) {
        const auto given = number_of(text.substr(slash + 1));
        if (!given || before + *given > kAllBits) return refused();
        bits = before + *given;
    }
    for (unsigned at = bits; at < kAllBits; ++at) {
        if (bit_of(*first, at)) return refused();
    }
    return AddressRange(*first, bits);
}

bool AddressRange::contains(const PeerAddress& address) const {
    for (unsigned at = 0; at < bits_; ++at) {
        if (bit_of(address, at) != bit_of(first_, at)) return false;
    }
    return true;
}

}  // namespace gateway

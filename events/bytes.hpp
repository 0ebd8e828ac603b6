#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>

// Numbers as bytes, big-endian, so that the order of the bytes is the order of the numbers. The one
// place where keys, sealed bytes and formats get them from.
namespace events {

template <std::size_t N>
using Bytes = std::array<char, N>;

template <std::unsigned_integral Number>
constexpr Number swap_if_little(Number value) {
    return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

template <std::unsigned_integral Number>
void put_number(char* out, Number value) {
    const auto ordered = swap_if_little(value);
    std::memcpy(out, &ordered, sizeof(ordered));
}

template <std::unsigned_integral Number>
Number get_number(const char* in) {
    Number ordered{};
    std::memcpy(&ordered, in, sizeof(ordered));
    return swap_if_little(ordered);
}

template <std::unsigned_integral Number>
Bytes<sizeof(Number)> number_bytes(Number value) {
    Bytes<sizeof(Number)> out;
    put_number(out.data(), value);
    return out;
}

template <std::unsigned_integral Number>
void append_number(std::string& out, Number value) {
    const auto bytes = number_bytes(value);
    out.append(bytes.data(), bytes.size());
}

}  // namespace events

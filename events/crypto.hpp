#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/secret.hpp"

// The few primitives everything is sealed, hashed and named with, over OpenSSL with its contexts
// kept per thread. Every function may be called from any thread and never blocks.
namespace events {

using Digest = std::array<std::uint8_t, 32>;

// Cryptographically random bytes, drawn from a buffer per thread that is wiped as it is used.
// Aborts the program if the system has no randomness.
void fill_random(std::span<std::uint8_t> out);

template <class AnyId>
AnyId random_id() {
    AnyId id;
    fill_random(id.bytes);
    return id;
}

// SHA-256 over the parts, one behind the other.
Digest sha256(std::initializer_list<std::string_view> parts);
// HMAC-SHA-256 over the parts, each preceded by its length (4 bytes, big-endian), so that no two
// lists of parts give the same input.
Digest keyed_hash(const Key256& key, std::initializer_list<std::string_view> parts);
// A key of its own for one purpose: keyed_hash(key, {label}).
Key256 derive_key(const Key256& key, std::string_view label);

// Whether both are the same bytes, in a time that tells nothing but their lengths.
bool equal_secrets(std::string_view a, std::string_view b);

// The first N bytes of a digest as an id.
template <class AnyId>
AnyId id_from(const Digest& digest) {
    AnyId id;
    static_assert(AnyId::kSize <= sizeof(Digest));
    for (std::size_t i = 0; i < AnyId::kSize; ++i) id.bytes[i] = digest[i];
    return id;
}

inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

// AES-256-GCM with a fresh random nonce. Gives nonce | ciphertext | tag.
std::string encrypt(const Key256& key, std::string_view associated, std::string_view plain);
// Nothing if the bytes were not made by encrypt() under this key and associated data.
std::optional<std::string> decrypt(const Key256& key,
                                   std::string_view associated,
                                   std::string_view sealed);

}  // namespace events

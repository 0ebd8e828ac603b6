#include "gateway/bootstrap.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <charconv>
#include <optional>

#include "events/crypto.hpp"

namespace gateway {
namespace {

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::size_t kTimeDigits = 8;  // seconds in hex, until 2106
constexpr std::size_t kMacBytes = 16;
constexpr int kHex = 16;

std::string mac_of(const events::TenantKeys& keys,
                   const Bootstrap& bootstrap,
                   std::string_view time) {
    const auto key = events::derive_key(keys.command_ids, "parlour/bootstrap-nonce/v1");
    const auto mac = events::keyed_hash(
        key, {bootstrap.tenant.view(), bootstrap.widget.view(), bootstrap.origin, time});
    return events::to_hex({reinterpret_cast<const char*>(mac.data()), kMacBytes});
}

}  // namespace

std::string make_nonce(const events::TenantKeys& keys,
                       const Bootstrap& bootstrap,
                       std::int64_t now_ms) {
    const auto time = fmt::format("{:08x}", now_ms / kSecondMs);
    return time + mac_of(keys, bootstrap, time);
}

bool is_nonce(const events::TenantKeys& keys,
              const Bootstrap& bootstrap,
              std::string_view nonce,
              std::int64_t now_ms) {
    if (nonce.size() != kTimeDigits + 2 * kMacBytes) return false;
    const auto time = nonce.substr(0, kTimeDigits);
    const auto expected = mac_of(keys, bootstrap, time);
    if (CRYPTO_memcmp(expected.data(), nonce.data() + kTimeDigits, expected.size()) != 0) {
        return false;
    }
    std::int64_t seconds = 0;
    std::from_chars(time.data(), time.data() + time.size(), seconds, kHex);
    return now_ms - seconds * kSecondMs < kBootstrapValidMs;
}

}  // namespace gateway

#include "gateway/passwords.hpp"

#include <argon2.h>

#include <array>
#include <utility>

#include "commands/text.hpp"
#include "events/crypto.hpp"
#include "gateway/async.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::SecretText;

constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKib = 19U * 1024U;
constexpr std::uint32_t kLanes = 1;
constexpr std::uint32_t kSaltBytes = 16;
constexpr std::uint32_t kHashBytes = 32;

events::Result<bool> matches_now(const SecretText& hash, std::string_view password) {
    const std::string encoded(hash.reveal());
    const int result = argon2id_verify(encoded.c_str(), password.data(), password.size());
    if (result == ARGON2_OK) return true;
    if (result == ARGON2_VERIFY_MISMATCH) return false;
    const bool memory = result == ARGON2_MEMORY_ALLOCATION_ERROR;
    return events::fail(memory ? Errc::kOverloaded : Errc::kDamaged, argon2_error_message(result));
}

std::unexpected<events::Error> overloaded() {
    return events::fail(Errc::kOverloaded, "too many passwords are being checked");
}

}  // namespace

bool is_password(std::string_view utf8) {
    const auto length = commands::length_of(utf8);
    return length >= kPasswordLengthMin && length <= kPasswordLengthMax &&
           !commands::is_blank(utf8);
}

events::Result<SecretText> hash_password(std::string_view password) {
    std::array<std::uint8_t, kSaltBytes> salt{};
    events::fill_random(salt);
    std::string encoded(
        argon2_encodedlen(kPasses, kMemoryKib, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
    const int result = argon2id_hash_encoded(kPasses,
                                             kMemoryKib,
                                             kLanes,
                                             password.data(),
                                             password.size(),
                                             salt.data(),
                                             salt.size(),
                                             kHashBytes,
                                             encoded.data(),
                                             encoded.size());
    if (result != ARGON2_OK) return events::fail(Errc::kOverloaded, argon2_error_message(result));
    encoded.resize(encoded.find('\0'));
    return SecretText(std::move(encoded));
}

// The bytes behind the salt are no hash of anything known.
SecretText PasswordHasher::unmatched() {
    return SecretText(
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

bool PasswordHasher::enter() {
    if (waiting_.fetch_add(1) < kHashesAtOnce + kHashesWaitingMax) return true;
    waiting_.fetch_sub(1);
    return false;
}

net::awaitable<events::Result<SecretText>> PasswordHasher::hash(events::Personal password) {
    if (!enter()) co_return overloaded();
    co_return co_await offload(pool_, [this, password = std::move(password)] {
        auto hash = hash_password(password.reveal());
        waiting_.fetch_sub(1);
        return hash;
    });
}

net::awaitable<events::Result<bool>> PasswordHasher::matches(SecretText hash,
                                                             events::Personal password) {
    if (!enter()) co_return overloaded();
    co_return co_await offload(pool_,
                               [this, hash = std::move(hash), password = std::move(password)] {
                                   auto matches = matches_now(hash, password.reveal());
                                   waiting_.fetch_sub(1);
                                   return matches;
                               });
}

}  // namespace gateway

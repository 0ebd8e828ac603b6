#pragma once

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "events/secret.hpp"
#include "gateway/http.hpp"

// Passwords: the rule for new ones, and the slow salted hash that is all we keep of them, in the
// key ring. What arrives is the password, also when a client hashed it before.
namespace gateway {

inline constexpr std::size_t kPasswordLengthMin = 10;   // code points
inline constexpr std::size_t kPasswordLengthMax = 200;  // code points
inline constexpr std::string_view kPasswordRule =
    "A password is 10 to 200 characters, not only white space.";
bool is_password(std::string_view utf8);

// The purpose of its secrets in the key ring.
inline constexpr std::string_view kPasswordSecret = "password";

// Argon2id with 19 MiB, two passes and one lane: some tens of milliseconds. Holds memory and a
// thread for that long, so only so many run at a time and only so many may wait.
inline constexpr std::size_t kHashesAtOnce = 2;
inline constexpr std::size_t kHashesWaitingMax = 64;

// The hash with its salt and parameters, as text. Takes its time; kOverloaded: no memory.
events::Result<events::SecretText> hash_password(std::string_view password);

class PasswordHasher {
  public:
    PasswordHasher() : pool_(kHashesAtOnce) {}
    ~PasswordHasher() { join(); }
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;

    // As hash_password; kOverloaded also when too many are waiting.
    net::awaitable<events::Result<events::SecretText>> hash(events::Personal password);
    // Whether `hash` was made of this password. kOverloaded. The time does not tell the answer.
    net::awaitable<events::Result<bool>> matches(events::SecretText hash,
                                                 events::Personal password);
    // A hash that no password fits, to spend the same time where there is none to compare with.
    static events::SecretText unmatched();
    // Waits for what runs; nothing may be asked any more.
    void join() { pool_.join(); }

  private:
    bool enter();

    net::thread_pool pool_;
    std::atomic<std::size_t> waiting_{0};  // or running
};

}  // namespace gateway

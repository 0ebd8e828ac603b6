#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "events/secret.hpp"
#include "gateway/http_peer.hpp"
#include "gateway/quota.hpp"
#include "gateway/recent_keys.hpp"

// Growing delays for whoever guesses passwords: by address and source together, so that a stranger
// who guesses keeps nobody out but himself. Whether the address is known makes no difference. In
// memory only. Any thread.
namespace gateway {

inline constexpr unsigned kFreeAttempts = 5;
inline constexpr std::chrono::milliseconds kFirstDelay{1'000};  // then twice as long each time
inline constexpr std::chrono::milliseconds kLongestDelay{30'000};
inline constexpr std::chrono::milliseconds kAttemptsForgottenAfter{15 * 60 * 1000};

class LogInDelays {
  public:
    explicit LogInDelays(std::size_t keys_max = kQuotaKeysMax) : attempts_(keys_max) {}

    // Who tries with which address: what the other two take.
    [[nodiscard]] std::uint64_t key_of(const events::Personal& email,
                                       const PeerAddress& source) const;
    // Counts an attempt, as one that failed until succeeded() is called: those that run at once
    // count too. Nothing when it may be made; else how long until one may.
    std::optional<std::chrono::milliseconds> begin(std::uint64_t key, std::int64_t now_ms);
    void succeeded(std::uint64_t key);

  private:
    struct Attempts {
        unsigned count = 0;
        std::int64_t last_ms = 0;
        std::int64_t next_ms = 0;
    };
    SourceKeys keys_;
    std::mutex mutex_;
    RecentKeys<Attempts> attempts_;  // under mutex_
};

}  // namespace gateway

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string_view>

#include "events/secret.hpp"
#include "gateway/http_peer.hpp"
#include "gateway/recent_keys.hpp"

// How often somebody may do something, in memory only. Whoever it is stands there as a keyed hash
// under a key of this run of the program; nothing of it is stored or told.
namespace gateway {

// Names somebody for the time that the program runs.
class SourceKeys {
  public:
    SourceKeys();
    // The parts say who; the same parts give the same key.
    [[nodiscard]] std::uint64_t of(std::initializer_list<std::string_view> parts) const;
    // An IPv4 address, or the network that an IPv6 address is of: its first 64 bits.
    [[nodiscard]] std::uint64_t of(const PeerAddress& peer) const;

  private:
    events::Key256 key_;
};

// So many at once, and then one each `every`.
struct Rate {
    unsigned burst = 1;
    std::chrono::milliseconds every{1000};
};

inline constexpr std::size_t kQuotaKeysMax = 16'384;

// A bucket of tokens for each key. Any thread.
class Quota {
  public:
    explicit Quota(Rate rate, std::size_t keys_max = kQuotaKeysMax)
        : rate_(rate), buckets_(keys_max) {}

    // Takes one: nothing when there was one; else how long until there is.
    std::optional<std::chrono::milliseconds> take(std::uint64_t key, std::int64_t now_ms);

  private:
    struct Bucket {
        std::int64_t full_at_ms = 0;  // when it will hold `burst` again
    };
    Rate rate_;
    std::mutex mutex_;
    RecentKeys<Bucket> buckets_;  // under mutex_
};

}  // namespace gateway

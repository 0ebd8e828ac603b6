#include "gateway/quota.hpp"

#include <algorithm>

#include "events/crypto.hpp"

namespace gateway {

SourceKeys::SourceKeys() {
    std::array<std::uint8_t, events::Key256::size()> bytes{};
    events::fill_random(bytes);
    key_ = events::Key256(bytes);
}

std::uint64_t SourceKeys::of(std::initializer_list<std::string_view> parts) const {
    const auto digest = events::keyed_hash(key_, parts);
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < sizeof(key); ++i) key = (key << 8U) | digest[i];
    return key;
}

std::uint64_t SourceKeys::of(const PeerAddress& peer) const {
    constexpr std::size_t kNetworkBytes = 8;
    const auto& bytes = peer.reveal();
    const bool v4 = std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; });
    return of({{reinterpret_cast<const char*>(bytes.data()), v4 ? bytes.size() : kNetworkBytes}});
}

std::optional<std::chrono::milliseconds> Quota::take(std::uint64_t key, std::int64_t now_ms) {
    const std::int64_t whole = rate_.every.count() * rate_.burst;
    const std::lock_guard lock(mutex_);
    auto& bucket = buckets_.of(key);
    // Also when the clock was set back, nobody waits longer than for an empty bucket.
    const auto full_at = std::clamp(bucket.full_at_ms, now_ms, now_ms + whole);
    const auto after = full_at + rate_.every.count();
    const bool refused = after > now_ms + whole;
    bucket.full_at_ms = refused ? full_at : after;
    if (!refused) return std::nullopt;
    return std::chrono::milliseconds(after - now_ms - whole);
}

}  // namespace gateway

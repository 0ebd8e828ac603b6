#include "gateway/log_in_delays.hpp"

#include <algorithm>
#include <string>

namespace gateway {

std::uint64_t LogInDelays::key_of(const events::Personal& email, const PeerAddress& source) const {
    std::string folded = email.reveal();
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const auto from = keys_.of(source);
    return keys_.of({{reinterpret_cast<const char*>(&from), sizeof(from)}, folded});
}

std::optional<std::chrono::milliseconds> LogInDelays::begin(std::uint64_t key,
                                                            std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    auto& attempts = attempts_.of(key);
    if (now_ms - attempts.last_ms >= kAttemptsForgottenAfter.count()) attempts = {};
    const auto wait = std::min(attempts.next_ms - now_ms, kLongestDelay.count());
    if (wait > 0) return std::chrono::milliseconds(wait);
    ++attempts.count;
    attempts.last_ms = now_ms;
    attempts.next_ms = now_ms;
    if (attempts.count >= kFreeAttempts) {
        const auto doublings = std::min(attempts.count - kFreeAttempts, 10U);
        attempts.next_ms += std::min(kFirstDelay.count() << doublings, kLongestDelay.count());
    }
    return std::nullopt;
}

void LogInDelays::succeeded(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    attempts_.erase(key);
}

}  // namespace gateway

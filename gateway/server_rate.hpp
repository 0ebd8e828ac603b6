#pragma once

#include <algorithm>
#include <chrono>

// How much of something a client may do: so much a second on average, and so much at once.
namespace gateway {

class RateLimit {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // Both are at least 1; all of `burst` may be used at `now`.
    RateLimit(unsigned per_second, unsigned burst, Time now)
        : per_second_(per_second), burst_(burst), left_(burst), at_(now) {}

    // Uses `amount`; false when that is more than there is.
    bool use(std::size_t amount, Time now) {
        const std::chrono::duration<double> passed = now - at_;
        at_ = now;
        left_ = std::min(burst_, left_ + passed.count() * per_second_);
        left_ -= static_cast<double>(amount);
        return left_ >= 0;
    }

  private:
    double per_second_;
    double burst_;
    double left_;
    Time at_;
};

}  // namespace gateway

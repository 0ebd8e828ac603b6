#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <mutex>

#include "gateway/live_client.hpp"
#include "gateway/router.hpp"

// Typing told over HTTP, for those who follow by an event stream and so cannot say anything on it.
// It stands nowhere, like a typing frame.
namespace gateway {

// Sides that are remembered for the pause between two; more are looked over for those it has passed
// for.
inline constexpr std::size_t kTypingSidesKept = 10'000;

// Lets one typing of a side pass in each pause. Any thread.
class TypingPace {
  public:
    explicit TypingPace(std::chrono::milliseconds every) : every_(every) {}
    using Clock = std::chrono::steady_clock;
    bool may_pass(const events::Uuid& conversation,
                  const events::Uuid& actor,
                  Clock::time_point now);

  private:
    struct Side {
        events::Uuid conversation;
        events::Uuid actor;
        friend auto operator<=>(const Side&, const Side&) = default;
    };
    const std::chrono::milliseconds every_;
    std::mutex mutex_;
    std::map<Side, Clock::time_point> passed_;  // under mutex_
};

// Adds PUT /api/v1/conversations/{id}/typing. Borrowed; outlives the router.
void add_typing_route(Router& router, const LiveServices& live);

}  // namespace gateway

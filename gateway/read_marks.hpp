#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "commands/conversation.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"

// How far a side has read, said as often as a page is scrolled and written seldom: what is said
// within a moment becomes one event, and everybody who said it gets that event's answer.
namespace gateway {

inline constexpr std::chrono::milliseconds kReadMarksEvery{1'000};
// Sides that are remembered for that moment; more are looked over for those it has passed for.
inline constexpr std::size_t kReadMarksKept = 10'000;

class ReadMarks {
  public:
    // Borrowed; outlives every call. The moment is a parameter for tests.
    explicit ReadMarks(const Services& services, std::chrono::milliseconds every = kReadMarksEvery)
        : services_(services), every_(every) {}

    // Writes the mark at once when the side has been quiet, else together with the others of the
    // moment. The answer comes when it is durable; `meta` is whoever asks.
    net::awaitable<commands::Answer> mark(events::Uuid conversation,
                                          commands::MarkRead what,
                                          commands::CommandMeta meta);

  private:
    struct Side {
        events::TenantId tenant;
        events::Uuid conversation;
        events::Uuid reader;
        friend auto operator<=>(const Side&, const Side&) = default;
    };
    using Clock = std::chrono::steady_clock;
    // Marks that become one command. Whoever said the first submits it.
    struct Gathered {
        events::Version up_to;
        std::vector<commands::OnAnswer> waiting;
        std::optional<commands::Answer> answer;
    };
    struct Pace {
        std::shared_ptr<Gathered> gathering;  // null: the next mark is the first
        Clock::time_point quiet_from;
    };

    net::awaitable<commands::Answer> lead(Side side,
                                          std::shared_ptr<Gathered> gathered,
                                          commands::MarkRead what,
                                          commands::CommandMeta meta,
                                          Clock::time_point from);
    net::awaitable<commands::Answer> join(std::shared_ptr<Gathered> gathered);
    void forget_quiet(Clock::time_point now);

    const Services& services_;
    const std::chrono::milliseconds every_;
    std::mutex mutex_;  // guards what follows, and every Gathered
    std::map<Side, Pace> paces_;
};

// Adds PUT /api/v1/conversations/{id}/read. The services are borrowed and outlive the router.
void add_read_mark_routes(Router& router, const Services& services);

}  // namespace gateway

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "events/error.hpp"
#include "projections/store.hpp"
#include "projections/timer_view.hpp"

// Looks which timers have fallen due and hands them on. What becomes of one is an event like any
// other, and that event clears it: until then it is handed on again, after a pause. One thread.
namespace gateway {

class TimerRunner {
  public:
    // What is done with the due timers of one kind.
    struct Rule {
        projections::TimerKind kind{};
        std::chrono::milliseconds delay{};   // beyond the time that the timer says
        std::chrono::milliseconds within{};  // of that time, else it is left alone; 0: whenever
        // Carries one out, blocking, on the runner's thread; it must not throw. Never called for
        // the same timer twice within kHandOnAgainAfter.
        std::function<void(const projections::Timer&)> carry_out;
    };
    static constexpr std::chrono::seconds kHandOnAgainAfter{30};

    // Whether a tenant's timers are this program's to carry out; nothing: all are.
    using Ours = std::function<bool(const events::TenantId&)>;
    // The store and the view are borrowed. A rule is looked at once nothing is left of those before
    // it.
    TimerRunner(projections::Store& store,
                const projections::TimerView& view,
                std::vector<Rule> rules,
                std::function<std::int64_t()> now_ms,
                Ours ours = {});
    ~TimerRunner();  // stops
    TimerRunner(const TimerRunner&) = delete;
    TimerRunner& operator=(const TimerRunner&) = delete;

    // `look_every` is how late a timer may be at most.
    void start(std::chrono::milliseconds look_every);
    // Ends after the timer in hand.
    void stop();

    // One look at all kinds, on the caller's thread, for tests and for start(); gives how many were
    // handed on. kDamaged, kStorage.
    events::Result<std::size_t> look();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

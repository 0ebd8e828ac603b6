#include "gateway/timer_runner.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

namespace gateway {
namespace {

using projections::Timer;

constexpr std::size_t kTimersPerLookMax = 256;
// When a timer of another node's is looked at again: should that node be gone, it is ours by then.
constexpr std::int64_t kAnothersAgainMs = 1'000;

// One timer, as it was set.
using Handed =
    std::tuple<projections::TimerKind, events::TenantId, events::StreamId, events::Version>;

}  // namespace

struct TimerRunner::Impl {
    Impl(projections::Store& used_store,
         const projections::TimerView& used_view,
         std::vector<Rule> given_rules,
         std::function<std::int64_t()> clock,
         Ours given_ours)
        : store(used_store),
          view(used_view),
          rules(std::move(given_rules)),
          now_ms(std::move(clock)),
          ours(std::move(given_ours)) {}

    projections::Store& store;
    const projections::TimerView& view;
    std::vector<Rule> rules;
    std::function<std::int64_t()> now_ms;
    Ours ours;
    std::map<Handed, std::int64_t> handed_on;  // with the time from which it is handed on again

    std::thread thread;
    std::mutex mutex;
    std::condition_variable wake;
    bool stopping = false;  // under mutex

    events::Result<std::size_t> look();
    events::Result<std::size_t> look_at(const Rule& rule, std::int64_t now);
    bool is_stopping() {
        const std::lock_guard lock(mutex);
        return stopping;
    }
};

events::Result<std::size_t> TimerRunner::Impl::look() {
    const auto now = now_ms();
    std::erase_if(handed_on, [now](const auto& one) { return one.second <= now; });
    std::size_t count = 0;
    for (const auto& rule : rules) {
        const auto looked = look_at(rule, now);
        if (!looked) return looked;
        count += *looked;
        if (*looked == kTimersPerLookMax) break;
    }
    return count;
}

events::Result<std::size_t> TimerRunner::Impl::look_at(const Rule& rule, std::int64_t now) {
    constexpr auto kAgain =
        std::chrono::duration_cast<std::chrono::milliseconds>(kHandOnAgainAfter).count();
    const auto due = view.due(store,
                              rule.kind,
                              now - rule.delay.count(),
                              kTimersPerLookMax + handed_on.size(),
                              rule.within.count() > 0 ? now - rule.within.count() : 0);
    if (!due) return std::unexpected(due.error());
    std::size_t count = 0;
    for (const Timer& timer : *due) {
        if (count == kTimersPerLookMax || is_stopping()) break;
        const Handed name{timer.kind, timer.tenant, timer.stream, timer.version};
        const bool mine = !ours || ours(timer.tenant);
        const auto again = now + (mine ? kAgain : kAnothersAgainMs);
        if (!handed_on.emplace(name, again).second || !mine) continue;
        rule.carry_out(timer);
        ++count;
    }
    return count;
}

TimerRunner::TimerRunner(projections::Store& store,
                         const projections::TimerView& view,
                         std::vector<Rule> rules,
                         std::function<std::int64_t()> now_ms,
                         Ours ours)
    : impl_(std::make_unique<Impl>(
          store, view, std::move(rules), std::move(now_ms), std::move(ours))) {}

TimerRunner::~TimerRunner() {
    stop();
}

// An unreadable store shows itself to every query; the timers wait for it to be readable again.
void TimerRunner::start(std::chrono::milliseconds look_every) {
    if (impl_->thread.joinable()) return;
    impl_->thread = std::thread([impl = impl_.get(), look_every] {
        std::unique_lock lock(impl->mutex);
        while (!impl->stopping) {
            lock.unlock();
            const bool more = impl->look().value_or(0) >= kTimersPerLookMax;
            lock.lock();
            if (!more) impl->wake.wait_for(lock, look_every, [impl] { return impl->stopping; });
        }
    });
}

void TimerRunner::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wake.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

events::Result<std::size_t> TimerRunner::look() {
    return impl_->look();
}

}  // namespace gateway

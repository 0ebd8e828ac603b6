#include "projections/runner.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "projections/follower.hpp"

namespace projections {
namespace {

using events::Errc;
using events::Offset;
using events::Partition;

// Under load the next batch waits this long for more commits, unless somebody waits for it: a row
// that many of them change is then written once, and fewer batches take less from the write path.
constexpr std::chrono::milliseconds kGatherTime{15};

struct Waiter {
    Partition partition;
    Offset offset;
    std::function<void(bool)> reached;
};

}  // namespace

struct Runner::Impl {
    Impl(events::Log& log, std::uint16_t partitions, Store& store, std::vector<Projection*> views)
        : follower(log, partitions, store, std::move(views)) {}

    Follower follower;  // step() and load() on one thread: the caller's of catch_up(), then ours
    bool loaded = false;
    std::thread thread;
    std::function<void(const events::Error&)> on_failure;  // set before the thread starts
    std::function<void()> moved;                           // likewise
    std::atomic<bool> stopping{false};
    std::atomic<bool> pending{false};     // notified since the thread last looked
    std::atomic<std::size_t> waiting{0};  // waiters.size()

    mutable std::mutex mutex;  // guards what follows
    std::condition_variable wake;
    bool closed = false;  // stopped or failed: no view moves any more
    std::optional<events::Error> failure;
    std::vector<Waiter> waiters;
    std::deque<std::packaged_task<events::Status()>> tasks;

    [[nodiscard]] bool is_reached(Partition partition, Offset offset) const {
        return follower.reached(partition) > offset;
    }
    events::Status begin();
    events::Result<Follower::Step> step();
    void run();
    void pause(Follower::Step last);
    void answer_waiters();
    bool run_task();
    void close(std::optional<events::Error> why);
};

events::Status Runner::Impl::begin() {
    if (!loaded) {
        if (auto done = follower.load(); !done) return done;
        loaded = true;
    }
    return follower.learn_ends();
}

// A batch; and when it fails, what lies before the record that stopped it, one by one, so that the
// views stand right before it.
events::Result<Follower::Step> Runner::Impl::step() {
    auto step = follower.step(kCommitsPerBatchMax);
    if (!step && step.error().code != Errc::kStorage) {
        do {
            if (auto again = follower.load(); !again) return std::unexpected(again.error());
            step = follower.step(1);
            if (step) answer_waiters();
        } while (step && *step != Follower::Step::kIdle);
    }
    if (step) answer_waiters();
    return step;
}

void Runner::Impl::run() {
    if (auto begun = begin(); !begun) return close(std::move(begun.error()));
    while (!stopping.load()) {
        pending.store(false);
        if (run_task()) {
            if (auto loaded_again = follower.load(); !loaded_again) {
                return close(std::move(loaded_again.error()));
            }
        }
        auto done = step();
        if (!done) return close(std::move(done.error()));
        if (moved && *done != Follower::Step::kIdle) moved();
        pause(*done);
    }
}

void Runner::Impl::pause(Follower::Step last) {
    if (last == Follower::Step::kFull) return;
    std::unique_lock lock(mutex);
    if (last == Follower::Step::kIdle) {
        wake.wait(lock, [this] { return pending.load() || stopping.load(); });
        return;
    }
    // Whoever notifies meanwhile finds the mark set and passes without touching the lock.
    pending.store(true);
    wake.wait_for(lock, kGatherTime, [this] { return waiting.load() != 0 || stopping.load(); });
}

void Runner::Impl::answer_waiters() {
    if (waiting.load() == 0) return;
    std::vector<Waiter> answered;
    {
        const std::lock_guard lock(mutex);
        const auto done = std::ranges::partition(waiters, [this](const Waiter& waiter) {
            return !is_reached(waiter.partition, waiter.offset);
        });
        std::ranges::move(done, std::back_inserter(answered));
        waiters.erase(done.begin(), done.end());
        waiting.store(waiters.size());
    }
    for (const auto& waiter : answered) waiter.reached(true);
}

bool Runner::Impl::run_task() {
    std::packaged_task<events::Status()> task;
    {
        const std::lock_guard lock(mutex);
        if (tasks.empty()) return false;
        task = std::move(tasks.front());
        tasks.pop_front();
    }
    task();
    return true;
}

void Runner::Impl::close(std::optional<events::Error> why) {
    std::vector<Waiter> left;
    std::optional<events::Error> failed_now;
    {
        const std::lock_guard lock(mutex);
        closed = true;
        if (!failure) failed_now = failure = std::move(why);
        left.swap(waiters);
        tasks.clear();  // whoever waits for one is told so
        waiting.store(0);
    }
    for (const auto& waiter : left) waiter.reached(is_reached(waiter.partition, waiter.offset));
    if (failed_now && on_failure) on_failure(*failed_now);
}

Runner::Runner(events::Log& log,
               std::uint16_t partitions,
               Store& store,
               std::vector<Projection*> views)
    : impl_(std::make_unique<Impl>(log, partitions, store, std::move(views))) {}

Runner::~Runner() {
    stop();
}

events::Status Runner::catch_up(const std::function<void(std::uint64_t)>& going_on) {
    auto status = impl_->begin();
    while (status) {
        auto step = impl_->step();
        if (!step) {
            status = std::unexpected(std::move(step.error()));
        } else if (*step == Follower::Step::kIdle) {
            return status;
        } else if (going_on) {
            going_on(behind());
        }
    }
    impl_->close(status.error());
    return status;
}

void Runner::start(std::function<void(const events::Error&)> on_failure) {
    if (impl_->thread.joinable()) return;
    impl_->on_failure = std::move(on_failure);
    impl_->thread = std::thread([this] { impl_->run(); });
}

void Runner::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping.store(true);
    }
    impl_->wake.notify_one();
    if (impl_->thread.joinable()) impl_->thread.join();
    impl_->close(std::nullopt);
}

void Runner::notify(Partition partition, Offset end) {
    impl_->follower.expect(partition, end);
    if (impl_->pending.exchange(true)) return;
    // Passing through the lock once keeps the mark from being set between the thread's look at it
    // and its sleep.
    {
        const std::lock_guard lock(impl_->mutex);
    }
    impl_->wake.notify_one();
}

void Runner::set_gate(std::function<bool(Partition)> open) {
    impl_->follower.set_gate(std::move(open));
}

void Runner::on_moved(std::function<void()> moved) {
    impl_->moved = std::move(moved);
}

Offset Runner::reached(Partition partition) const {
    return impl_->follower.reached(partition);
}

void Runner::when_reached(Partition partition, Offset offset, std::function<void(bool)> reached) {
    bool done = false;
    {
        const std::lock_guard lock(impl_->mutex);
        // Counted before looking: the thread moves first and then looks whether anybody waits.
        impl_->waiting.fetch_add(1);
        done = impl_->is_reached(partition, offset);
        if (!done && !impl_->closed) {
            impl_->waiters.push_back({partition, offset, std::move(reached)});
            impl_->wake.notify_one();
            return;
        }
        impl_->waiting.store(impl_->waiters.size());
    }
    reached(done);
}

std::uint64_t Runner::behind() const {
    return impl_->follower.behind();
}

events::Status Runner::between_batches(std::function<events::Status()> task) {
    std::future<events::Status> done;
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->closed) return events::fail(Errc::kUnavailable, "the views stand still");
        done = impl_->tasks.emplace_back(std::move(task)).get_future();
        impl_->pending.store(true);
    }
    impl_->wake.notify_one();
    try {
        return done.get();
    } catch (const std::future_error&) {
        return events::fail(Errc::kUnavailable, "the views stopped before it was their turn");
    }
}

std::optional<events::Error> Runner::failure() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->failure;
}

}  // namespace projections

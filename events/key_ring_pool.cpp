#include "events/key_ring_pool.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace events {

KeyPool::KeyPool(Make make, std::function<void()> tick)
    : make_(std::move(make)), tick_(std::move(tick)), thread_([this] { run(); }) {}

KeyPool::~KeyPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_all();
    thread_.join();
}

Result<DataKey> KeyPool::take(const TenantId& tenant, const ClaimRef& claim) {
    std::unique_lock lock(mutex_);
    Pool& pool = pools_[tenant];
    // Keys of an older claim are not used any more (K6); the next start destroys them.
    if (pool.claim < claim) pool = Pool{claim, {}, 0, false};
    while (pool.claim == claim && pool.keys.empty()) {
        if (pool.filling) {
            filled_.wait(lock);
            continue;
        }
        pool.filling = true;
        lock.unlock();
        auto made = make_(tenant, claim, kFirstKeyBatch);
        lock.lock();
        if (auto put = put_made(pool, claim, std::move(made)); !put) {
            return std::unexpected(put.error());
        }
    }
    if (pool.claim != claim) {
        return fail(Errc::kUnavailable, "a newer claim took over the keys made ahead");
    }
    DataKey key = pool.keys.back();
    pool.keys.pop_back();
    refill_when_low(tenant, pool);
    return key;
}

bool KeyPool::was_used() const {
    const std::lock_guard lock(mutex_);
    return !pools_.empty();
}

Status KeyPool::put_made(Pool& pool, const ClaimRef& claim, Result<std::vector<DataKey>> made) {
    if (pool.claim != claim) return {};
    pool.filling = false;
    filled_.notify_all();
    if (!made) return std::unexpected(made.error());
    pool.batch = made->size();
    pool.keys.insert(pool.keys.end(), made->begin(), made->end());
    return {};
}

void KeyPool::refill_when_low(const TenantId& tenant, Pool& pool) {
    if (pool.filling || pool.keys.size() > pool.batch / 4) return;
    pool.filling = true;
    refills_.push_back({tenant, pool.claim, std::min(pool.batch * 2, kKeyPoolSize)});
    work_.notify_one();
}

void KeyPool::run() {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kTick{kKeyLeaseMs / 2};
    auto next_tick = Clock::now() + kTick;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (Clock::now() >= next_tick) {
            next_tick = Clock::now() + kTick;
            lock.unlock();
            tick_();
            lock.lock();
        } else if (refills_.empty()) {
            work_.wait_until(lock, next_tick);
        } else {
            const Refill refill = refills_.front();
            refills_.pop_front();
            lock.unlock();
            auto made = make_(refill.tenant, refill.claim, refill.count);
            lock.lock();
            // An error is met again, and reported, by the next take() of an empty pool.
            if (!put_made(pools_[refill.tenant], refill.claim, std::move(made))) continue;
        }
    }
}

}  // namespace events

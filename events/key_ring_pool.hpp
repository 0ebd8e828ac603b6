#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "events/key_ring.hpp"

// Data keys made ahead, so that nobody waits for a sync: a pool per tenant, of the newest claim
// that asked. A tenant's first batch is small and each refill doubles it, so that a tenant with a
// handful of streams costs a handful of keys.
namespace events {

inline constexpr std::size_t kFirstKeyBatch = 16;

class KeyPool {
  public:
    // Makes that many keys and gives them once they are durable. Any thread.
    using Make = std::function<Result<std::vector<DataKey>>(
        const TenantId& tenant, const ClaimRef& claim, std::size_t count)>;
    // Starts the thread that refills; it also calls `tick` every half lease.
    KeyPool(Make make, std::function<void()> tick);
    ~KeyPool();
    KeyPool(const KeyPool&) = delete;
    KeyPool& operator=(const KeyPool&) = delete;

    // Each key is given once. kUnavailable when a newer claim took over the pool while this waited;
    // otherwise the errors of `make`.
    Result<DataKey> take(const TenantId& tenant, const ClaimRef& claim);
    // Whether take() was ever called.
    [[nodiscard]] bool was_used() const;

  private:
    struct Pool {
        ClaimRef claim;
        std::vector<DataKey> keys;
        std::size_t batch = 0;  // how many the last fill made
        bool filling = false;
    };
    struct Refill {
        TenantId tenant;
        ClaimRef claim;
        std::size_t count = 0;
    };
    Status put_made(Pool& pool, const ClaimRef& claim, Result<std::vector<DataKey>> made);
    void refill_when_low(const TenantId& tenant, Pool& pool);
    void run();

    Make make_;
    std::function<void()> tick_;
    mutable std::mutex mutex_;
    std::condition_variable work_;    // something to refill, or the end
    std::condition_variable filled_;  // a fill ended, well or not
    std::unordered_map<TenantId, Pool> pools_;
    std::deque<Refill> refills_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace events

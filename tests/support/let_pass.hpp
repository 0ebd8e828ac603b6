#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// For what cannot be waited for: a library of others that tells nobody when it is done, or the time
// in which nothing may happen. Elsewhere a test waits on a condition.
namespace test_support {

inline void let_pass(std::chrono::milliseconds time) {
    std::mutex nobodys;
    std::unique_lock lock(nobodys);
    std::condition_variable never;
    never.wait_for(lock, time, [] { return false; });
}

}  // namespace test_support

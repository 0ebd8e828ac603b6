#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "commands/work.hpp"

namespace commands {

// Commands that wait for their turn. Any thread puts in; one takes out, as long as it is scheduled.
class Inbox {
  public:
    explicit Inbox(std::size_t most) : most_(most) {}

    // Takes it, unless too many wait: then it stays the caller's. True: whoever takes out is to be
    // scheduled.
    bool put(std::unique_ptr<Work>& work) {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= most_) return false;
        waiting_.push_back(std::move(work));
        return !std::exchange(scheduled_, true);
    }
    // All that wait. None: whoever takes out is scheduled no more.
    std::deque<std::unique_ptr<Work>> take() {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) scheduled_ = false;
        return std::exchange(waiting_, {});
    }
    [[nodiscard]] bool is_scheduled() const {
        const std::lock_guard lock(mutex_);
        return scheduled_;
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }

  private:
    const std::size_t most_;
    mutable std::mutex mutex_;
    std::deque<std::unique_ptr<Work>> waiting_;
    bool scheduled_ = false;
};

}  // namespace commands

#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "commands/writer.hpp"

namespace gateway {

// One answer of the writer's, for a thread of the program's own that may wait for it. It may come
// after nobody waits any more, or never.
class AwaitedAnswer {
  public:
    static constexpr std::chrono::seconds kLongest{30};

    // What the writer calls; once.
    [[nodiscard]] commands::OnAnswer receiver() const {
        return [shared = shared_](commands::Answer answer) {
            const std::lock_guard lock(shared->mutex);
            shared->answer = std::move(answer);
            shared->came.notify_one();
        };
    }
    // Nothing when it did not come within kLongest.
    std::optional<commands::Answer> wait() {
        std::unique_lock lock(shared_->mutex);
        shared_->came.wait_for(lock, kLongest, [this] { return shared_->answer.has_value(); });
        return shared_->answer;
    }

  private:
    struct Shared {
        std::mutex mutex;
        std::condition_variable came;
        std::optional<commands::Answer> answer;  // under mutex
    };
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace gateway

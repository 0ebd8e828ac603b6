#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "gateway/http.hpp"

// Work that goes on after its request was answered, so that neither the answer nor its time tells
// what there was to do. It is lost with a crash: whoever asked asks again.
namespace gateway {

inline constexpr std::size_t kAfterAnswersMax = 256;
// So long the work waits for its answer to be out: on a busy machine the two would else compete,
// and the answer be later the more there is to do.
inline constexpr std::chrono::milliseconds kAfterAnswerPause{250};

class AfterAnswer {
  public:
    // Runs on the pool, which is borrowed.
    explicit AfterAnswer(net::thread_pool& pool);
    ~AfterAnswer() { stop(); }
    AfterAnswer(const AfterAnswer&) = delete;
    AfterAnswer& operator=(const AfterAnswer&) = delete;

    // False when too much is under way, or after stop(): nothing is done then. Any thread. What
    // escapes from the work is dropped.
    bool run(std::function<net::awaitable<void>()> work);
    // Waits for what is under way; the pool must still run.
    void stop();

  private:
    struct State;
    net::thread_pool& pool_;
    std::shared_ptr<State> state_;
};

}  // namespace gateway

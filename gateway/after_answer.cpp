#include "gateway/after_answer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

namespace gateway {

struct AfterAnswer::State {
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t under_way = 0;  // under mutex
    bool stopped = false;       // under mutex
};

namespace {

// The function lives in the coroutine for as long as what it made runs.
net::awaitable<void> carry_out(std::function<net::awaitable<void>()> work) {
    net::steady_timer pause(co_await net::this_coro::executor, kAfterAnswerPause);
    co_await pause.async_wait(net::as_tuple(net::use_awaitable));
    co_await work();
}

}  // namespace

AfterAnswer::AfterAnswer(net::thread_pool& pool) : pool_(pool), state_(std::make_shared<State>()) {}

bool AfterAnswer::run(std::function<net::awaitable<void>()> work) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->stopped || state_->under_way >= kAfterAnswersMax) return false;
        ++state_->under_way;
    }
    net::co_spawn(
        pool_, carry_out(std::move(work)), [state = state_](const std::exception_ptr& /*error*/) {
            const std::lock_guard lock(state->mutex);
            --state->under_way;
            state->ended.notify_all();
        });
    return true;
}

void AfterAnswer::stop() {
    std::unique_lock lock(state_->mutex);
    state_->stopped = true;
    state_->ended.wait(lock, [this] { return state_->under_way == 0; });
}

}  // namespace gateway

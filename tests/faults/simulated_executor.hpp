#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

// An executor that runs nothing by itself: the simulation runs its tasks one by one, when it likes.
namespace faults {

class SimulatedExecutor {
  public:
    using Tasks = std::deque<std::move_only_function<void()>>;

    // The context serves timers only; both are borrowed.
    SimulatedExecutor(boost::asio::io_context& context, Tasks& tasks)
        : context_(&context), tasks_(&tasks) {}

    template <class Function>
    void execute(Function function) const {
        tasks_->emplace_back(std::move(function));
    }

    boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
        return *context_;
    }
    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t) noexcept {
        return boost::asio::execution::blocking.never;
    }
    SimulatedExecutor require(boost::asio::execution::blocking_t::never_t) const { return *this; }

    friend bool operator==(const SimulatedExecutor&, const SimulatedExecutor&) = default;

  private:
    boost::asio::io_context* context_;
    Tasks* tasks_;
};

}  // namespace faults

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

// Runs a coroutine to its end on a loop of its own and gives what it returns.
namespace test_support {

template <class T>
T awaited(boost::asio::awaitable<T> task) {
    boost::asio::io_context loop;
    std::optional<T> result;
    boost::asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& thrown, T value) {
        if (thrown) std::rethrow_exception(thrown);
        result.emplace(std::move(value));
    });
    loop.run();
    return std::move(result.value());
}

}  // namespace test_support

#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

#include "gateway/services.hpp"

// The two bridges between a request's coroutine and the rest of the program. Both resume the
// coroutine on its own executor.
namespace gateway {

// Gives the handler back to the executor it belongs to, with the value, and keeps that executor at
// work until then.
template <class Handler, class Value>
auto resume_with(Handler handler) {
    auto executor = net::get_associated_executor(handler);
    return [handler = std::move(handler),
            guard = net::make_work_guard(executor)](Value value) mutable {
        const auto owner = guard.get_executor();
        net::post(owner, [handler = std::move(handler), value = std::move(value)]() mutable {
            std::move(handler)(std::move(value));
        });
        guard.reset();
    };
}

// Runs `job` on the pool, where it may read the disk, and gives what it returns. The job must not
// throw.
template <class Job>
net::awaitable<std::invoke_result_t<Job>> offload(net::thread_pool& pool, Job job) {
    using Value = std::invoke_result_t<Job>;
    return net::async_initiate<const net::use_awaitable_t<>, void(Value)>(
        [&pool](auto handler, Job work) {
            auto resume = resume_with<decltype(handler), Value>(std::move(handler));
            net::post(pool, [work = std::move(work), resume = std::move(resume)]() mutable {
                resume(work());
            });
        },
        net::use_awaitable,
        std::move(job));
}

// Submits a command and gives its answer, once it is durable, read back and evolved.
template <commands::Decider A>
net::awaitable<commands::Answer> execute(commands::Writer& writer,
                                         events::Uuid stream,
                                         typename A::Command command,
                                         commands::CommandMeta meta) {
    return net::async_initiate<const net::use_awaitable_t<>, void(commands::Answer)>(
        [&writer, stream](auto handler, typename A::Command what, commands::CommandMeta by) {
            auto resume = resume_with<decltype(handler), commands::Answer>(std::move(handler));
            writer.submit<A>(stream, std::move(what), by, std::move(resume));
        },
        net::use_awaitable,
        std::move(command),
        meta);
}

}  // namespace gateway

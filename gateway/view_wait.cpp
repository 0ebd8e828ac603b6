#include "gateway/view_wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

#include "gateway/async.hpp"

namespace gateway {
namespace {

constexpr std::chrono::milliseconds kLookAgainAfter{20};
constexpr auto kToken = net::as_tuple(net::use_awaitable);

// A timer that the runner's thread can end early, through the timer's own executor.
struct Alarm {
    explicit Alarm(const net::any_io_executor& executor) : timer(executor) {}
    net::steady_timer timer;
    bool rung = false;  // on the timer's executor only
    bool reached = false;
};

}  // namespace

net::awaitable<bool> view_reached(const Services* services,
                                  events::TenantId tenant,
                                  events::Seq position,
                                  std::chrono::milliseconds longest) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    const auto executor = co_await net::this_coro::executor;
    const auto alarm = std::make_shared<Alarm>(executor);
    auto offset = co_await offload(services->pool, [services, tenant, position] {
        return services->history.offset_of(tenant, position);
    });
    while (!offset) {
        if (offset.error().code != events::Errc::kNotFound) co_return false;
        if (std::chrono::steady_clock::now() >= deadline) co_return false;
        alarm->timer.expires_after(kLookAgainAfter);
        co_await alarm->timer.async_wait(kToken);
        offset = co_await offload(services->pool, [services, tenant, position] {
            return services->history.offset_of(tenant, position);
        });
    }
    const auto partition = events::partition_of(tenant, services->history.partitions());
    alarm->timer.expires_at(deadline);
    services->runner.when_reached(partition, *offset, [alarm, executor](bool reached) {
        net::post(executor, [alarm, reached] {
            alarm->rung = true;
            alarm->reached = reached;
            alarm->timer.cancel();
        });
    });
    if (!alarm->rung) co_await alarm->timer.async_wait(kToken);
    co_return alarm->reached;
}

}  // namespace gateway

#include "gateway/view_wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

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

using Reader = std::function<void(events::Partition, events::Offset, std::function<void(bool)>)>;

// Waits until `reader` has read the tenant's log up to and with `position`, at most to the
// deadline.
net::awaitable<bool> reached_by(Reader reader,
                                const Services* services,
                                events::TenantId tenant,
                                events::Seq position,
                                std::chrono::steady_clock::time_point deadline) {
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
    reader(partition, *offset, [alarm, executor](bool reached) {
        net::post(executor, [alarm, reached] {
            alarm->rung = true;
            alarm->reached = reached;
            alarm->timer.cancel();
        });
    });
    if (!alarm->rung) co_await alarm->timer.async_wait(kToken);
    co_return alarm->reached;
}

Reader views_of(const Services* services) {
    return [services](events::Partition partition, events::Offset offset, auto reached) {
        services->runner.when_reached(partition, offset, std::move(reached));
    };
}

}  // namespace

net::awaitable<bool> view_reached(const Services* services,
                                  events::TenantId tenant,
                                  events::Seq position,
                                  std::chrono::milliseconds longest) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    co_return co_await reached_by(views_of(services), services, tenant, position, deadline);
}

net::awaitable<bool> caught_up(const Services* services,
                               events::TenantId tenant,
                               std::chrono::milliseconds longest) {
    const auto head = co_await offload(
        services->pool, [services, tenant] { return services->history.head(tenant); });
    if (!head) co_return false;
    if (head->value == 0) co_return true;
    co_return co_await view_reached(services, tenant, *head, longest);
}

net::awaitable<bool> settled(const Services* services,
                             events::TenantId tenant,
                             events::Seq position,
                             std::chrono::milliseconds longest) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    const bool elsewhere = services->is_elsewhere && services->is_elsewhere(tenant);
    if (elsewhere && !co_await services->settled_there(tenant, position)) co_return false;
    const bool here = !elsewhere && services->when_policies_reached;
    // What a policy has done in the tenant may ask for more: once.
    for (int round = 0; here && round < 2; ++round) {
        if (!co_await reached_by(
                services->when_policies_reached, services, tenant, position, deadline)) {
            co_return false;
        }
        const auto head = co_await offload(
            services->pool, [services, tenant] { return services->history.head(tenant); });
        if (!head) co_return false;
        position = *head;
    }
    for (const auto& shown : {tenant, events::kPlatformTenant}) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (!co_await caught_up(services, shown, left)) co_return false;
    }
    co_return true;
}

}  // namespace gateway

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <functional>
#include <string>

#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"
#include "gateway/availability.hpp"
#include "gateway/metrics.hpp"
#include "gateway/stranger_quotas.hpp"
#include "gateway/widget_cache.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"
#include "projections/views.hpp"

// What the routes work with. All borrowed from the App, which outlives every request.
namespace gateway {

struct Services {
    boost::asio::thread_pool& pool;  // for whatever may read the disk
    events::History& history;
    events::KeyRing& keys;
    commands::Writer& writer;
    projections::Runner& runner;
    projections::Store& store;
    projections::Views& views;
    Metrics& metrics;
    WidgetCache& known_widgets;
    const Availability* availability = nullptr;  // nothing: nobody is available
    std::function<std::int64_t()> now_ms;
    // PolicyRunner::when_reached; nothing: no policies are at work here.
    std::function<void(events::Partition, events::Offset, std::function<void(bool)>)>
        when_policies_reached{};
    // Whether another node carries out the tenant's policies, and asks that node whether they have
    // settled; nothing: they are carried out here.
    std::function<bool(const events::TenantId&)> is_elsewhere{};
    std::function<boost::asio::awaitable<bool>(events::TenantId, events::Seq)> settled_there{};
    std::string public_url{};             // as the operator set it; empty: not set
    StrangerQuotas* strangers = nullptr;  // nothing: strangers are bounded one by one only
};

}  // namespace gateway

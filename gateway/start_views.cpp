#include "gateway/start_views.hpp"

#include <chrono>

#include "gateway/log.hpp"
#include "projections/store_upkeep.hpp"

namespace gateway {
namespace {

constexpr std::chrono::seconds kTellEvery{10};

}  // namespace

events::Status bring_up(const StartViews& views) {
    if (views.log_is_whole) {
        const auto ahead = projections::drop_rows_ahead(views.store, views.log, views.partitions);
        if (!ahead) return std::unexpected(ahead.error());
        if (*ahead != 0) {
            log_event(LogLevel::kWarning, "views-ahead-of-log", {{"views", *ahead}});
        }
    }
    const auto unused = projections::drop_unused_rows(views.store, views.views);
    if (!unused) return std::unexpected(unused.error());
    if (*unused != 0) log_event(LogLevel::kInfo, "old-views-removed", {{"views", *unused}});
    auto told = std::chrono::steady_clock::now();
    return views.runner.catch_up([&told](std::uint64_t behind) {
        const auto now = std::chrono::steady_clock::now();
        if (now - told < kTellEvery) return;
        told = now;
        log_event(LogLevel::kInfo, "views-catch-up", {{"behind_records", behind}});
    });
}

}  // namespace gateway

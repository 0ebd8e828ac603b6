#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "events/feed_places.hpp"
#include "events/feed_sink.hpp"
#include "events/log.hpp"
#include "events/pseudonym_keys.hpp"
#include "projections/store.hpp"

// Tells a topic what happens, company by company as the log has it: the same events as the feed
// over HTTP. It goes on behind a commit only when that has arrived for good, and stores its place
// behind that, so after a crash some come again, under the same ids. A node of a cluster tells what
// the partitions it holds have, from where whoever held one before had come (decision 0033). One
// thread.
namespace gateway {

inline constexpr std::string_view kAnalyticsTopic = "parlour.analytics";

class AnalyticsPublisher {
  public:
    struct Parts {
        events::Log& log;
        std::uint16_t partitions;
        projections::Store& store;  // keeps the place
        events::PseudonymKeys& keys;
        // Asked for a sink at the beginning and whenever one has ended.
        std::function<events::Result<std::unique_ptr<events::FeedSink>>()> open;
        std::function<std::int64_t()> now_ms;
        events::FeedPlaces* places = nullptr;  // of a cluster; null: every partition is told here
    };
    // All borrowed.
    explicit AnalyticsPublisher(Parts parts);
    ~AnalyticsPublisher();  // stops
    AnalyticsPublisher(const AnalyticsPublisher&) = delete;
    AnalyticsPublisher& operator=(const AnalyticsPublisher&) = delete;

    void start();
    // Ends at once; what had not arrived comes with the next start.
    void stop();

    // Of a node of a cluster: whether it holds the partition. Any thread, never blocks.
    void held(events::Partition partition, bool holds);
    // As projections::Runner::notify.
    void notify(events::Partition partition, events::Offset end);
    // How many records it has yet to read. Any thread, never blocks.
    [[nodiscard]] std::uint64_t behind() const;
    // Events that arrived since start().
    [[nodiscard]] std::uint64_t published() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

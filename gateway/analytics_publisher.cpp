#include "gateway/analytics_publisher.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/analytics_places.hpp"
#include "gateway/log.hpp"
#include "projections/analytics_event.hpp"
#include "projections/runner.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Result;
using events::Status;

// How long to wait before a sink that ended is opened anew.
constexpr std::chrono::seconds kAgainAfter{1};

// The binary mode of the CloudEvents Kafka binding.
events::FeedMessage message_of(const events::CommitMeta& meta,
                               events::Partition partition,
                               projections::AnalyticsEvent event) {
    events::FeedMessage message{.partition = partition,
                                .key = events::to_text(meta.tenant),
                                .time_unix_ms = projections::analytics_time(meta.time_unix_ms),
                                .headers = {},
                                .value = std::move(event.data)};
    for (auto& [name, value] : event.attributes) {
        auto header = name == "datacontenttype" ? std::string("content-type")
                                                : std::string("ce_").append(name);
        message.headers.emplace_back(std::move(header), std::move(value));
    }
    return message;
}

}  // namespace

// A projection without rows: the store keeps its place as it keeps a view's.
struct AnalyticsPublisher::Impl final : projections::Projection {
    explicit Impl(Parts given)
        : parts(std::move(given)), runner(parts.log, parts.partitions, parts.store, {this}) {
        if (parts.places == nullptr) return;
        places.emplace(AnalyticsPlaces::Parts{
            .partitions = parts.partitions,
            .kept = *parts.places,
            .reached = [this](events::Partition partition) { return reached(partition); },
            .move_on =
                [this](const events::PlacesByPartition& there) {
                    return runner.between_batches([this, &there] { return move_on(there); });
                },
            .opened = [this](events::Partition partition) { opened(partition); }});
        runner.set_gate([this](events::Partition partition) { return places->is_open(partition); });
    }

    [[nodiscard]] std::string_view name() const override { return "analytics-topic"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    Status apply(const projections::Committed& committed, projections::Rows& rows) override;
    Status settle();
    Result<events::Key256> key_of(const events::CommitMeta& meta, events::Partition partition);
    Result<events::FeedPlace> reached(events::Partition partition);
    Status move_on(const events::PlacesByPartition& there);
    void opened(events::Partition partition);

    bool send_all();
    bool pause();
    bool is_stopping() {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    Parts parts;
    std::vector<events::FeedMessage> commit;  // what the commit in hand tells
    std::atomic<std::uint64_t> published{0};
    std::mutex mutex;
    std::condition_variable stop_asked;
    bool stopping = false;                   // under mutex
    std::unique_ptr<events::FeedSink> sink;  // replaced under mutex; used by the thread
    projections::Runner runner;
    std::optional<AnalyticsPlaces> places;  // of a node of a cluster
};

Result<events::FeedPlace> AnalyticsPublisher::Impl::reached(events::Partition partition) {
    const auto stored = parts.store.position(*this, partition);
    if (!stored) return std::unexpected(stored.error());
    events::FeedPlace place{.next = events::Offset{stored->next_offset()}, .claim = {}};
    if (const auto id = events::ClaimId::from_bytes(stored->claim_id())) {
        place.claim = events::ClaimRef{.term = events::Term{stored->term()}, .id = *id};
    }
    return place;
}

// A place behind the end of the log is of another log.
Status AnalyticsPublisher::Impl::move_on(const events::PlacesByPartition& there) {
    const auto batch = parts.store.batch();
    for (const auto& [partition, place] : there) {
        const auto here = parts.store.position(*this, partition);
        const auto end = parts.log.end(partition);
        if (!here || !end) return std::unexpected(here ? end.error() : here.error());
        if (place.next.value <= here->next_offset() || place.next > *end) continue;
        parlour::views::v1::ViewPosition position;
        position.set_next_offset(place.next.value);
        if (place.claim) {
            position.set_term(place.claim->term.value);
            position.set_claim_id(place.claim->id.bytes.data(), place.claim->id.bytes.size());
        }
        batch->set_position(*this, partition, position);
    }
    return batch->commit();
}

void AnalyticsPublisher::Impl::opened(events::Partition partition) {
    if (const auto end = parts.log.end(partition)) runner.notify(partition, *end);
}

// Only who holds a partition can make the week's key; who has just lost it is told so first.
Result<events::Key256> AnalyticsPublisher::Impl::key_of(const events::CommitMeta& meta,
                                                        events::Partition partition) {
    while (true) {
        auto key = parts.keys.key_of(meta.tenant, meta.time_unix_ms, parts.now_ms());
        if (key || !events::is_retryable(key.error().code)) return key;
        if (places && !places->is_open(partition)) {
            return events::fail(Errc::kUnavailable, "another node leads the partition");
        }
        if (!pause()) return events::fail(Errc::kUnavailable, "it stops");
    }
}

Status AnalyticsPublisher::Impl::apply(const projections::Committed& committed,
                                       projections::Rows&) {
    const auto& meta = committed.opened.meta;
    const auto partition = events::partition_of(meta.tenant, parts.partitions);
    const auto key = key_of(meta, partition);
    // What nobody can be given a pseudonym in any more is told no more (decision 0029).
    if (!key && key.error().code == Errc::kErased) return {};
    if (!key) return std::unexpected(key.error());
    auto events = projections::analytics_events(committed.opened, projections::Pseudonyms(*key));
    if (!events) return std::unexpected(std::move(events.error()));
    commit.clear();
    for (auto& event : *events) commit.push_back(message_of(meta, partition, std::move(event)));
    return settle();
}

// False when the sink has ended.
bool AnalyticsPublisher::Impl::send_all() {
    for (const auto& message : commit) {
        if (!sink->send(message)) return false;
    }
    return sink->flush().has_value();
}

// Until the commit's events have arrived, or the stop: then its place is not stored, and they come
// again.
Status AnalyticsPublisher::Impl::settle() {
    while (!commit.empty()) {
        if (!sink) {
            auto opened = parts.open();
            const std::lock_guard lock(mutex);
            if (opened && !stopping) sink = *std::move(opened);
        }
        if (sink && send_all()) {
            published += commit.size();
            break;
        }
        {
            const std::lock_guard lock(mutex);
            sink.reset();
        }
        if (is_stopping()) {
            commit.clear();
            return events::fail(Errc::kUnavailable, "it stops");
        }
        log_event(LogLevel::kWarning, "analytics-topic-again");
        pause();
    }
    commit.clear();
    return {};
}

// False when it shall stop.
bool AnalyticsPublisher::Impl::pause() {
    std::unique_lock lock(mutex);
    return !stop_asked.wait_for(lock, kAgainAfter, [this] { return stopping; });
}

AnalyticsPublisher::AnalyticsPublisher(Parts parts)
    : impl_(std::make_unique<Impl>(std::move(parts))) {}

AnalyticsPublisher::~AnalyticsPublisher() {
    stop();
}

void AnalyticsPublisher::start() {
    impl_->runner.start([impl = impl_.get()](const events::Error& error) {
        if (!impl->is_stopping()) {
            log_event(LogLevel::kError, "analytics-topic-stopped", {{"error", error}});
        }
    });
    if (impl_->places) impl_->places->start();
}

void AnalyticsPublisher::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
        if (impl_->sink) impl_->sink->abort();
    }
    impl_->stop_asked.notify_all();
    impl_->runner.stop();
    // Whoever moves them on waits for the runner.
    if (impl_->places) impl_->places->stop();
}

void AnalyticsPublisher::held(events::Partition partition, bool holds) {
    if (impl_->places) impl_->places->held(partition, holds);
}

void AnalyticsPublisher::notify(events::Partition partition, events::Offset end) {
    impl_->runner.notify(partition, end);
}

std::uint64_t AnalyticsPublisher::behind() const {
    return impl_->runner.behind();
}

std::uint64_t AnalyticsPublisher::published() const {
    return impl_->published.load();
}

}  // namespace gateway

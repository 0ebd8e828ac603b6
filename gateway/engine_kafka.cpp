#include "gateway/engine_kafka.hpp"

#include <mutex>
#include <utility>

#include "events/kafka_admin.hpp"
#include "events/kafka_assignment.hpp"
#include "events/kafka_log.hpp"
#include "events/kafka_places.hpp"

namespace gateway {
namespace {

using events::Result;

// Whoever is told that the log grew, set after the log was opened.
class Watcher {
  public:
    void set(Engine::Grown grown) {
        const std::lock_guard lock(mutex_);
        grown_ = std::move(grown);
    }
    void tell(events::Partition partition, events::Offset end) {
        const std::lock_guard lock(mutex_);
        if (grown_) grown_(partition, end);
    }

  private:
    std::mutex mutex_;
    Engine::Grown grown_;
};

class KafkaEngine final : public Engine {
  public:
    KafkaEngine(std::shared_ptr<Watcher> watcher,
                std::unique_ptr<events::KafkaLog> log,
                std::unique_ptr<events::KeyRing> keys,
                std::unique_ptr<events::Assignment> assignment,
                std::unique_ptr<events::FeedPlaces> places)
        : watcher_(std::move(watcher)),
          log_(std::move(log)),
          keys_(std::move(keys)),
          assignment_(std::move(assignment)),
          places_(std::move(places)) {}

    events::Log& log() override { return *log_; }
    events::History& history() override { return log_->history(); }
    events::Files& files() override { return log_->files(); }
    events::KeyRing& keys() override { return *keys_; }
    events::Assignment* assignment() override { return assignment_.get(); }
    events::FeedPlaces* feed_places() override { return places_.get(); }
    [[nodiscard]] Counts counts() const override {
        const auto counts = log_->counts();
        return {.void_records = counts.void_records, .behind_records = counts.behind_records};
    }
    void on_grown(Grown grown) override { watcher_->set(std::move(grown)); }

  private:
    // In this order: keys go through the log.
    std::shared_ptr<Watcher> watcher_;
    std::unique_ptr<events::KafkaLog> log_;
    std::unique_ptr<events::KeyRing> keys_;
    std::unique_ptr<events::Assignment> assignment_;
    std::unique_ptr<events::FeedPlaces> places_;
};

// Makes the topics, or looks whether they will do, however many partitions they have.
events::Status prepare_topics(const KafkaEngineOptions& options) {
    auto admin = events::KafkaAdmin::connect(options.connection);
    if (!admin) return std::unexpected(admin.error());
    events::TopicsAsked asked;
    if (options.make_topics) {
        const auto made = admin->create(asked, {});
        return made ? events::Status() : std::unexpected(made.error());
    }
    const auto found = admin->describe(asked);
    if (!found) return std::unexpected(found.error());
    const auto log = found->topics.find("parlour.events");
    if (log != found->topics.end()) asked.partitions = log->second.partitions;
    const auto faults = events::faults_of(*found, asked);
    if (faults.empty()) return {};
    return events::fail(events::Errc::kInvalidArgument, events::refusal_of(faults));
}

}  // namespace

Result<std::unique_ptr<Engine>> open_kafka_engine(const DataFolder& folder,
                                                  const KafkaEngineOptions& options) {
    if (auto prepared = prepare_topics(options); !prepared) {
        return std::unexpected(prepared.error());
    }
    const auto watcher = std::make_shared<Watcher>();
    events::KafkaLogOptions given;
    given.connection = options.connection;
    given.keys = folder.paths.keys;
    given.reserve = options.reserve;
    given.on_grown = [watcher](events::Partition partition, events::Offset end) {
        watcher->tell(partition, end);
    };
    given.on_failure = options.on_failure;
    auto log = events::KafkaLog::open(folder.paths.data / "log", std::move(given));
    if (!log) return std::unexpected(log.error());
    auto keys = (*log)->open_keys(folder.master, options.reserve);
    if (!keys) return std::unexpected(keys.error());
    auto assignment = events::open_kafka_assignment({.connection = options.connection});
    if (!assignment) return std::unexpected(assignment.error());
    auto places = events::open_kafka_places({.connection = options.connection});
    if (!places) return std::unexpected(places.error());
    return std::make_unique<KafkaEngine>(
        watcher, *std::move(log), *std::move(keys), *std::move(assignment), *std::move(places));
}

}  // namespace gateway

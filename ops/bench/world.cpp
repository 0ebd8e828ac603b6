#include "ops/bench/world.hpp"

#include <future>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

// As gateway::AppOptions::workers.
constexpr std::size_t kWorkers = 2;

template <class Opened>
auto must(Opened opened) {
    if (!opened) throw std::runtime_error(opened.error().detail);
    if constexpr (!std::is_void_v<typename Opened::value_type>) return *std::move(opened);
}

}  // namespace

World::World(const Folder& folder, const Options& options) {
    log_ = must(events::LocalLog::open(
        folder.log, {.flush_delay_us = options.flush_delay_us, .secondary_dir = {}}));
    keys_ = must(events::KeyRing::open(folder.keys, folder.master, folder.id, true));
    must(keys_->discard_unused([this](const events::KeyId& key) { return log_->is_bound(key); }));
    if (options.views) open_views(folder.views);
    pool_ = std::make_unique<boost::asio::thread_pool>(kWorkers);
    commands::PartitionServices services{
        .log = *log_, .history = *log_, .keys = *keys_, .on_read_back = {}, .on_failure = {}};
    if (runner_) {
        services.on_read_back = [this](events::Partition partition, events::Offset end) {
            runner_->notify(partition, end);
        };
    }
    writer_ =
        std::make_unique<commands::Writer>(log_->partitions(), services, pool_->get_executor());
    must(writer_->claim_all());
}

void World::open_views(const std::filesystem::path& dir) {
    store_ = must(projections::Store::open(dir));
    runner_ =
        std::make_unique<projections::Runner>(*log_, log_->partitions(), *store_, views_.all());
    must(runner_->catch_up());
    runner_->start();
}

World::~World() {
    writer_.reset();
    if (pool_) pool_->join();
    if (runner_) runner_->stop();
}

void World::wait_for_views() {
    for (std::uint16_t i = 0; i < log_->partitions(); ++i) {
        const events::Partition partition{i};
        const auto end = must(log_->end(partition));
        if (end.value == 0) continue;
        std::promise<bool> reached;
        runner_->when_reached(partition, events::Offset{end.value - 1}, [&reached](bool yes) {
            reached.set_value(yes);
        });
        if (!reached.get_future().get()) throw std::runtime_error("the views stand still");
    }
}

}  // namespace bench

#include <utility>

#include "events/local_log.hpp"
#include "gateway/engine.hpp"
#include "gateway/log.hpp"

namespace gateway {
namespace {

using events::Result;

class LocalEngine final : public Engine {
  public:
    LocalEngine(std::unique_ptr<events::LocalLog> log, std::unique_ptr<events::KeyRing> keys)
        : log_(std::move(log)), keys_(std::move(keys)) {}

    events::Log& log() override { return *log_; }
    events::History& history() override { return *log_; }
    events::Files& files() override { return log_->files(); }
    events::KeyRing& keys() override { return *keys_; }

  private:
    std::unique_ptr<events::LocalLog> log_;
    std::unique_ptr<events::KeyRing> keys_;
};

void warn_of_dropped_write(bool dropped, const char* store) {
    if (!dropped) return;
    log_event(LogLevel::kWarning, "unsynced-write-dropped", {{"store", Fixed(store)}});
}

}  // namespace

Result<std::unique_ptr<Engine>> open_local_engine(const DataFolder& folder,
                                                  const LocalEngineOptions& options) {
    auto log = events::LocalLog::open(folder.paths.data / "log",
                                      {.flush_delay_us = options.flush_delay_us,
                                       .secondary_dir = {},
                                       .reserve = options.reserve});
    if (!log) return std::unexpected(log.error());
    const auto tenants = (*log)->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    auto keys = events::KeyRing::open(folder.paths.keys,
                                      folder.master,
                                      folder.id,
                                      tenants->empty(),
                                      {.secondary_dir = {}, .reserve = options.reserve});
    if (!keys) return std::unexpected(keys.error());
    warn_of_dropped_write((*log)->dropped_unsynced_write(), "log");
    warn_of_dropped_write((*keys)->dropped_unsynced_write(), "keys");
    const auto discarded = (*keys)->discard_unused(
        [&log = **log](const events::KeyId& key) { return log.is_bound(key); });
    if (!discarded) return std::unexpected(discarded.error());
    return std::make_unique<LocalEngine>(*std::move(log), *std::move(keys));
}

}  // namespace gateway

#include "gateway/rebuilder.hpp"

#include <chrono>
#include <utility>

#include "gateway/log.hpp"
#include "projections/rebuild.hpp"
#include "projections/views.hpp"

namespace gateway {

using projections::Rebuild;

namespace {

constexpr std::chrono::seconds kTellEvery{10};

}  // namespace

bool Rebuilder::start() {
    if (stopping_ || working_.exchange(true)) return false;
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([this] {
        run();
        working_ = false;
    });
    return true;
}

void Rebuilder::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Rebuilder::run() {
    projections::Views fresh;
    for (auto* const view : fresh.all()) {
        const auto rebuild = Rebuild::begin(log_, partitions_, store_, *view);
        std::uint64_t records = 0;
        auto told = std::chrono::steady_clock::now();
        const auto tell = [&told, view](const Rebuild::Progress& progress) {
            const auto now = std::chrono::steady_clock::now();
            if (now - told < kTellEvery) return;
            told = now;
            log_event(LogLevel::kInfo,
                      "view-being-rebuilt",
                      {{"view", Fixed(view->name())},
                       {"read_records", progress.read},
                       {"log_records", progress.end}});
        };
        const Rebuild::Hooks hooks{.go_on =
                                       [&](const Rebuild::Progress& progress) {
                                           records = progress.read;
                                           tell(progress);
                                           return !stopping_.load();
                                       },
                                   .exchange =
                                       [this](std::function<events::Status()> finish) {
                                           return runner_.between_batches(std::move(finish));
                                       }};
        const auto done =
            rebuild ? (*rebuild)->run(hooks) : events::Status(std::unexpected(rebuild.error()));
        if (!done) {
            log_event(LogLevel::kError,
                      "view-not-rebuilt",
                      {{"view", Fixed(view->name())}, {"error", done.error()}});
            return;
        }
        log_event(
            LogLevel::kInfo, "view-rebuilt", {{"view", Fixed(view->name())}, {"records", records}});
    }
    log_event(LogLevel::kInfo, "views-rebuilt");
}

}  // namespace gateway

#include "gateway/rebuilder.hpp"

#include <fmt/format.h>

#include <utility>

#include "projections/rebuild.hpp"
#include "projections/views.hpp"

namespace gateway {

using projections::Rebuild;

bool Rebuilder::start(std::function<void(const std::string&)> tell) {
    if (stopping_ || working_.exchange(true)) return false;
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([this, tell = std::move(tell)] {
        run(tell);
        working_ = false;
    });
    return true;
}

void Rebuilder::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Rebuilder::run(const std::function<void(const std::string&)>& tell) {
    projections::Views fresh;
    for (auto* const view : fresh.all()) {
        const auto rebuild = Rebuild::begin(log_, partitions_, store_, *view);
        std::uint64_t records = 0;
        const Rebuild::Hooks hooks{.go_on =
                                       [&](const Rebuild::Progress& progress) {
                                           records = progress.read;
                                           return !stopping_.load();
                                       },
                                   .exchange =
                                       [this](std::function<events::Status()> finish) {
                                           return runner_.between_batches(std::move(finish));
                                       }};
        const auto done =
            rebuild ? (*rebuild)->run(hooks) : events::Status(std::unexpected(rebuild.error()));
        if (!done) {
            tell(fmt::format("the view {} was not rebuilt and serves on as it was: {}",
                             view->name(),
                             done.error().detail));
            return;
        }
        tell(fmt::format("the view {} was rebuilt from {} records", view->name(), records));
    }
    tell("every view was rebuilt");
}

}  // namespace gateway

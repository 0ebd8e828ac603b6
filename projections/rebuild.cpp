#include "projections/rebuild.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "projections/follower.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Status;

constexpr std::size_t kRecordsPerStep = 4'096;

// The same view under another name, so that its rows are a family of their own. Two names take
// turns: the one that does not serve now is free.
class Beside final : public Projection {
  public:
    Beside(Projection& view, Store& store) : view_(view), name_(fmt::format("{}~1", view.name())) {
        if (store.serving(view) == fmt::format("{}@{}", name_, view.version())) {
            name_.back() = '2';
        }
    }
    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] unsigned version() const override { return view_.version(); }
    Status apply(const Committed& committed, Rows& rows) override {
        return view_.apply(committed, rows);
    }

  private:
    Projection& view_;
    std::string name_;
};

Status check_room(Store& store, const Projection& view) {
    std::error_code unknown;
    const auto room = std::filesystem::space(store.dir(), unknown);
    const auto needed = store.size_bytes(view) + Rebuild::kSpareBytes;
    if (unknown || room.available >= needed) return {};
    return fail(Errc::kStorageFull,
                fmt::format("a second view {} needs {} free bytes; there are {}",
                            view.name(),
                            needed,
                            room.available));
}

}  // namespace

struct Rebuild::Impl {
    Impl(events::Log& used_log, std::uint16_t count, Store& used_store, Projection& rebuilt)
        : log(used_log),
          partitions(count),
          store(used_store),
          view(rebuilt),
          beside(rebuilt, used_store),
          follower(used_log, count, used_store, {&beside}) {}

    events::Log& log;
    std::uint16_t partitions;
    Store& store;
    Projection& view;
    Beside beside;
    Follower follower;

    events::Result<Progress> progress();
};

// How far all partitions were read, of what they hold.
events::Result<Rebuild::Progress> Rebuild::Impl::progress() {
    Progress progress;
    for (std::uint16_t p = 0; p < partitions; ++p) {
        const auto end = log.end(events::Partition{p});
        if (!end) return std::unexpected(end.error());
        progress.end += end->value;
        progress.read += follower.reached(events::Partition{p}).value;
    }
    return progress;
}

Rebuild::Rebuild(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Rebuild::~Rebuild() = default;

events::Result<std::unique_ptr<Rebuild>> Rebuild::begin(events::Log& log,
                                                        std::uint16_t partitions,
                                                        Store& store,
                                                        Projection& view) {
    if (auto room = check_room(store, view); !room) return std::unexpected(room.error());
    auto impl = std::make_unique<Impl>(log, partitions, store, view);
    Status status = store.forget(impl->beside);
    if (status) status = impl->follower.load();
    if (!status) return std::unexpected(status.error());
    return std::unique_ptr<Rebuild>(new Rebuild(std::move(impl)));
}

events::Result<Rebuild::Progress> Rebuild::step() {
    if (auto learned = impl_->follower.learn_ends(); !learned) {
        return std::unexpected(learned.error());
    }
    if (auto step = impl_->follower.step(kRecordsPerStep); !step) {
        return std::unexpected(step.error());
    }
    return impl_->progress();
}

events::Status Rebuild::finish() {
    while (true) {
        const auto progress = step();
        if (!progress) return std::unexpected(progress.error());
        if (progress->caught_up()) break;
    }
    return impl_->store.replace(impl_->view, impl_->beside);
}

events::Status Rebuild::run(const Hooks& hooks) {
    while (true) {
        const auto progress = step();
        if (!progress) return std::unexpected(progress.error());
        if (!hooks.go_on(*progress)) return fail(Errc::kUnavailable, "stopped");
        if (progress->caught_up()) break;
    }
    return hooks.exchange([this] { return finish(); });
}

}  // namespace projections

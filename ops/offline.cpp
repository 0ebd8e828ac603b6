#include "ops/offline.hpp"

#include <fmt/format.h>

#include "gateway/app_clock.hpp"
#include "projections/runner.hpp"
#include "projections/store_upkeep.hpp"

namespace ops {

using events::Errc;
using events::Result;
using events::Status;

Result<std::unique_ptr<Offline>> Offline::open(const gateway::DataPaths& paths, Folder wanted) {
    const auto folder = wanted == Folder::kMayBeMade ? gateway::open_or_make_data_folder(paths)
                                                     : gateway::open_data_folder(paths, true);
    if (!folder) return std::unexpected(folder.error());
    std::unique_ptr<Offline> offline(new Offline());
    offline->paths_ = folder->paths;
    auto log = events::LocalLog::open(folder->paths.data / "log", {});
    if (!log && log.error().code == Errc::kInUse) {
        return events::fail(Errc::kInUse, "a server runs on this data folder: stop it first");
    }
    if (!log) return std::unexpected(log.error());
    offline->log_ = *std::move(log);
    const auto tenants = offline->log_->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    auto keys =
        events::KeyRing::open(folder->paths.keys, folder->master, folder->id, tenants->empty());
    if (!keys) return std::unexpected(keys.error());
    offline->keys_ = *std::move(keys);
    if (folder->recovery_due) {
        fmt::print(stderr,
                   "recovery key, shown once; without it and the master key nothing can be read:\n"
                   "{}\n",
                   events::recovery_text(folder->master));
        if (auto shown = gateway::recovery_shown(folder->paths); !shown) {
            return std::unexpected(shown.error());
        }
    }
    const auto discarded = offline->keys_->discard_unused(
        [&log = *offline->log_](const events::KeyId& key) { return log.is_bound(key); });
    if (!discarded) return std::unexpected(discarded.error());
    offline->writer_ =
        std::make_unique<commands::Writer>(offline->log_->partitions(),
                                           commands::PartitionServices{.log = *offline->log_,
                                                                       .history = *offline->log_,
                                                                       .keys = *offline->keys_,
                                                                       .on_read_back = {}},
                                           offline->pool_.get_executor());
    if (auto claimed = offline->writer_->claim_all(); !claimed) {
        return std::unexpected(claimed.error());
    }
    return offline;
}

Offline::~Offline() {
    writer_.reset();
    pool_.join();
}

Status Offline::read_views() {
    auto store = projections::Store::open(paths_.data / "views");
    if (!store) return std::unexpected(store.error());
    store_ = *std::move(store);
    const auto ahead = projections::drop_rows_ahead(*store_, *log_, log_->partitions());
    if (!ahead) return std::unexpected(ahead.error());
    return projections::Runner(*log_, log_->partitions(), *store_, views_.all()).catch_up();
}

commands::CommandMeta Offline::meta(const events::TenantId& tenant) {
    commands::CommandMeta meta;
    meta.tenant = tenant;
    meta.id = events::random_id<events::CommandId>();
    meta.actor_kind = parlour::log::v1::ACTOR_KIND_OPERATOR;
    meta.now_ms = gateway::wall_clock_ms();
    return meta;
}

Status Offline::told(const commands::Answer& answer) {
    if (answer) return {};
    const auto& refusal = answer.error();
    if (refusal.error) return std::unexpected(*refusal.error);
    return events::fail(Errc::kInvalidArgument,
                        refusal.rejection ? std::string(refusal.rejection->detail)
                                          : std::string("the command was refused"));
}

}  // namespace ops

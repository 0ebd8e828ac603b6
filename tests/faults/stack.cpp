#include "tests/faults/stack.hpp"

#include <utility>

namespace faults {
namespace {

using events::Error;
using events::Result;
using events::Status;

constexpr std::size_t kWorkers = 2;

template <class Value>
Status take(Result<Value> from, Value& into) {
    if (!from) return std::unexpected(from.error());
    into = std::move(*from);
    return {};
}

}  // namespace

Status Stack::open_stores(const std::filesystem::path& dir,
                          rocksdb::Env* env,
                          const events::DiskReserve& reserve) {
    auto status =
        take(events::LocalLog::open(
                 dir / "log",
                 {.partitions = kPartitions, .secondary_dir = {}, .reserve = reserve, .env = env}),
             log);
    if (!status) return status;
    const auto tenants = log->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    status = take(events::KeyRing::open(dir / "keys",
                                        events::Key256{},
                                        events::Uuid{.bytes = {5}},
                                        tenants->empty(),
                                        {.secondary_dir = {}, .reserve = reserve, .env = env}),
                  keys);
    if (!status) return status;
    const auto discarded =
        keys->discard_unused([this](const events::KeyId& key) { return log->is_bound(key); });
    if (!discarded) return std::unexpected(discarded.error());
    status = take(projections::Store::open(dir / "views", env), store);
    if (!status) return status;
    runner = std::make_unique<projections::Runner>(*log, log->partitions(), *store, views.all());
    return runner->catch_up();
}

Status Stack::start() {
    pool_ = std::make_unique<boost::asio::thread_pool>(kWorkers);
    runner->start();
    const commands::PartitionServices services{
        .log = *log,
        .history = *log,
        .keys = *keys,
        .claim_again_after = std::chrono::milliseconds(20),
        .on_read_back = [this](events::Partition partition,
                               events::Offset end) { runner->notify(partition, end); },
        .on_failure =
            [this](const Error& error) {
                const std::lock_guard lock(mutex_);
                if (!failure_) failure_ = error;
            }};
    writer = std::make_unique<commands::Writer>(log->partitions(), services, pool_->get_executor());
    return writer->claim_all();
}

Result<std::unique_ptr<Stack>> Stack::open(const std::filesystem::path& dir,
                                           rocksdb::Env* env,
                                           events::DiskReserve reserve) {
    std::unique_ptr<Stack> stack(new Stack());
    Status status = stack->open_stores(dir, env, reserve);
    if (status) status = stack->start();
    if (!status) return std::unexpected(status.error());
    return stack;
}

Stack::~Stack() {
    writer.reset();
    if (pool_) pool_->join();
    if (runner) runner->stop();
}

std::optional<Error> Stack::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

std::optional<Error> Stack::views_failure() const {
    return runner->failure();
}

}  // namespace faults

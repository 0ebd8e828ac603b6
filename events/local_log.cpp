#include "events/local_log.hpp"

#include <optional>
#include <utility>

#include "events/local_committer.hpp"
#include "events/local_files.hpp"
#include "events/local_reader.hpp"
#include "events/local_store.hpp"
#include "events/local_tail.hpp"

namespace events {

struct LocalLog::Impl {
    explicit Impl(std::unique_ptr<local::Store> opened)
        : store(std::move(opened)), files(*store), reader(*store, recent) {}

    Status start();

    [[nodiscard]] Status check(Partition partition) const {
        if (partition.value < store->partitions()) return {};
        return fail(Errc::kInvalidArgument, "no such partition");
    }

    std::unique_ptr<local::Store> store;
    local::LocalFiles files;
    local::Recent recent;
    local::Reader reader;
    std::optional<local::Tail> tail;            // from start() on
    std::optional<local::Committer> committer;  // from start() on; ends first
};

Status LocalLog::Impl::start() {
    const auto ends = reader.ends();
    if (!ends) return std::unexpected(ends.error());
    const auto journal = reader.read_journal(recent);
    if (!journal) return std::unexpected(journal.error());
    tail.emplace(*ends);
    committer.emplace(*store, *tail, recent, *journal);
    return {};
}

LocalLog::LocalLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalLog::~LocalLog() = default;

Result<std::unique_ptr<LocalLog>> LocalLog::open(const std::filesystem::path& dir,
                                                 const LocalLogOptions& options) {
    auto store = local::Store::open(dir, options);
    if (!store) return std::unexpected(store.error());
    const auto source = (*store)->source();
    if (!source) return std::unexpected(source.error());
    if (!source->empty() && !options.secondary) {
        return fail(Errc::kInvalidArgument,
                    dir.string() + " holds a node's copy of " + *source +
                        "; serve it with --log, or give another data folder");
    }
    auto impl = std::make_unique<Impl>(std::move(*store));
    if (auto started = impl->start(); !started) return std::unexpected(started.error());
    return std::unique_ptr<LocalLog>(new LocalLog(std::move(impl)));
}

void LocalLog::append(Partition partition, std::vector<Outgoing> records, AppendDone done) {
    impl_->committer->append(partition, std::move(records), std::move(done));
}

Result<std::vector<Entry>> LocalLog::read(Partition partition, Offset from, ReadLimit limit) {
    if (auto known = impl_->check(partition); !known) return std::unexpected(known.error());
    if (auto newest = impl_->tail->read(partition, from, limit)) return std::move(*newest);
    return impl_->reader.read(partition, from, impl_->tail->end(partition), limit);
}

Result<Offset> LocalLog::end(Partition partition) {
    if (auto known = impl_->check(partition); !known) return std::unexpected(known.error());
    return impl_->tail->end(partition);
}

bool LocalLog::dropped_unsynced_write() const {
    return impl_->store->dropped_tail();
}

std::uint16_t LocalLog::partitions() const {
    return impl_->store->partitions();
}

Result<Seq> LocalLog::head(const TenantId& tenant) {
    return impl_->reader.head(tenant);
}

Result<Offset> LocalLog::offset_of(const TenantId& tenant, Seq seq) {
    return impl_->reader.offset_of(tenant, seq);
}

Result<std::vector<Entry>> LocalLog::read_stream(const TenantId& tenant,
                                                 const StreamId& stream,
                                                 Version from,
                                                 ReadLimit limit) {
    return impl_->reader.read_stream(tenant, stream, from, limit);
}

Result<std::vector<ClaimAt>> LocalLog::claims(Partition partition) {
    if (auto known = impl_->check(partition); !known) return std::unexpected(known.error());
    return impl_->reader.claims(partition);
}

Result<bool> LocalLog::is_bound(const KeyId& key) {
    return impl_->reader.is_bound(key);
}

Result<std::vector<TenantId>> LocalLog::tenants() {
    return impl_->reader.tenants();
}

Files& LocalLog::files() {
    return impl_->files;
}

Status LocalLog::scan(Partition partition, Offset from, const Visit& visit) {
    if (auto known = impl_->check(partition); !known) return known;
    return impl_->reader.scan(partition, from, visit);
}

Status LocalLog::refresh() {
    if (!impl_->store->secondary()) {
        return fail(Errc::kInvalidArgument, "only a log opened as secondary is refreshed");
    }
    const auto caught_up = impl_->store->db().TryCatchUpWithPrimary();
    if (!caught_up.ok()) return std::unexpected(local::error_of(caught_up));
    const auto ends = impl_->reader.ends();
    if (!ends) return std::unexpected(ends.error());
    const auto journal = impl_->reader.read_journal(impl_->recent);
    if (!journal) return std::unexpected(journal.error());
    impl_->tail->set_ends(*ends);
    return {};
}

Result<std::uint64_t> LocalLog::stream_count(const TenantId& tenant) {
    return impl_->reader.stream_count(tenant);
}

std::vector<StoreSize> LocalLog::sizes() const {
    return impl_->reader.sizes();
}

}  // namespace events

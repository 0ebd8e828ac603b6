#include "events/local_replica.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "events/local_file_copy.hpp"
#include "events/local_files.hpp"
#include "events/local_reader.hpp"
#include "events/local_rows.hpp"
#include "events/local_store.hpp"
#include "events/local_tail.hpp"

namespace events::local {

struct Replica::Impl {
    explicit Impl(std::unique_ptr<Store> opened)
        : store(std::move(opened)), files(*store), file_copy(*store), reader(*store, recent) {}

    Status start();
    [[nodiscard]] Status check(Partition partition) const {
        if (partition.value < store->partitions()) return {};
        return fail(Errc::kInvalidArgument, "no such partition");
    }

    std::unique_ptr<Store> store;
    LocalFiles files;
    FileCopy file_copy;
    Recent recent;
    Reader reader;
    std::optional<Tail> tail;  // from start() on
    std::optional<Rows> rows;  // from start() on
    // Added and not readable yet, by partition; those of touched are not empty.
    std::vector<std::vector<Entry>> added;
    std::vector<Partition> touched;
};

Status Replica::Impl::start() {
    const auto ends = reader.ends();
    if (!ends) return std::unexpected(ends.error());
    const auto journal = reader.read_journal(recent);
    if (!journal) return std::unexpected(journal.error());
    tail.emplace(*ends);
    rows.emplace(*store, recent, *journal, /*synced=*/false);
    added.resize(store->partitions());
    return {};
}

namespace {

// A folder belongs to one source for ever.
Status check_source(Store& store, bool is_empty, const Replica::Options& options) {
    const auto source = store.source();
    if (!source) return std::unexpected(source.error());
    if (source->empty() && !is_empty) {
        return fail(Errc::kInvalidArgument,
                    "the folder holds an embedded log, not a copy of a cluster's; give an empty "
                    "data folder");
    }
    if (source->empty()) return store.set_source(options.source);
    if (*source != options.source) {
        return fail(Errc::kInvalidArgument,
                    fmt::format("the folder holds a copy of {}, not of {}; give an empty data "
                                "folder",
                                *source,
                                options.source));
    }
    if (store.partitions() != options.partitions) {
        return fail(Errc::kInvalidArgument,
                    fmt::format("{} had {} partitions and now has {}: that number is fixed for "
                                "ever, since it says where a company's records are",
                                options.source,
                                store.partitions(),
                                options.partitions));
    }
    return {};
}

}  // namespace

Replica::Replica(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Replica::~Replica() {
    // Best effort: what fails to be written now is read from the journal at the next start.
    if (impl_->rows && !impl_->store->broken()) static_cast<void>(impl_->rows->fold_all());
}

Result<std::unique_ptr<Replica>> Replica::open(const std::filesystem::path& dir,
                                               const Options& options) {
    auto store = Store::open(
        dir, {.partitions = options.partitions, .secondary_dir = {}, .reserve = options.reserve});
    if (!store) return std::unexpected(store.error());
    auto impl = std::make_unique<Impl>(std::move(*store));
    if (auto started = impl->start(); !started) return std::unexpected(started.error());
    const auto ends = impl->reader.ends();
    if (!ends) return std::unexpected(ends.error());
    const bool is_empty = std::ranges::all_of(*ends, [](Offset end) { return end == Offset{}; });
    if (auto checked = check_source(*impl->store, is_empty, options); !checked) {
        return std::unexpected(checked.error());
    }
    return std::unique_ptr<Replica>(new Replica(std::move(impl)));
}

void Replica::add(Partition partition, Entry entry, const decltype(Outgoing::index)& index) {
    impl_->rows->add(partition, entry, index);
    auto& added = impl_->added[partition.value];
    if (added.empty()) impl_->touched.push_back(partition);
    added.push_back(std::move(entry));
}

Status Replica::write() {
    if (impl_->store->broken()) {
        return fail(Errc::kStorage,
                    "the copy of the log stopped after a background error: " +
                        impl_->store->background_error());
    }
    if (auto written = impl_->rows->write(); !written) return written;
    for (const auto& partition : impl_->touched) {
        impl_->tail->add(partition, std::exchange(impl_->added[partition.value], {}));
    }
    impl_->touched.clear();
    return {};
}

Result<std::vector<Entry>> Replica::read(Partition partition, Offset from, ReadLimit limit) {
    if (auto known = impl_->check(partition); !known) return std::unexpected(known.error());
    if (auto newest = impl_->tail->read(partition, from, limit)) return std::move(*newest);
    return impl_->reader.read(partition, from, impl_->tail->end(partition), limit);
}

Result<Offset> Replica::end(Partition partition) {
    if (auto known = impl_->check(partition); !known) return std::unexpected(known.error());
    return impl_->tail->end(partition);
}

Result<std::optional<Entry>> Replica::last(Partition partition) {
    const auto behind = end(partition);
    if (!behind) return std::unexpected(behind.error());
    if (behind->value == 0) return std::nullopt;
    const auto entries = read(partition, Offset{behind->value - 1}, {.records = 1});
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) return fail(Errc::kDamaged, "the copy of the log lacks its last record");
    return entries->front();
}

Status Replica::admit(std::uint64_t bytes) {
    return impl_->store->space().admit(bytes);
}

Files& Replica::files() {
    return impl_->files;
}

FileCopy& Replica::file_copy() {
    return impl_->file_copy;
}

std::uint16_t Replica::partitions() const {
    return impl_->store->partitions();
}

Result<Seq> Replica::head(const TenantId& tenant) {
    return impl_->reader.head(tenant);
}

Result<Offset> Replica::offset_of(const TenantId& tenant, Seq seq) {
    return impl_->reader.offset_of(tenant, seq);
}

Result<std::vector<Entry>> Replica::read_stream(const TenantId& tenant,
                                                const StreamId& stream,
                                                Version from,
                                                ReadLimit limit) {
    return impl_->reader.read_stream(tenant, stream, from, limit);
}

Result<std::vector<ClaimAt>> Replica::claims(Partition partition) {
    if (auto known = impl_->check(partition); !known) return std::unexpected(known.error());
    return impl_->reader.claims(partition);
}

Result<bool> Replica::is_bound(const KeyId& key) {
    return impl_->reader.is_bound(key);
}

Result<std::vector<TenantId>> Replica::tenants() {
    return impl_->reader.tenants();
}

}  // namespace events::local

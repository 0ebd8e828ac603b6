#include "projections/store.hpp"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <memory_resource>

#include "events/bytes.hpp"
#include "projections/store_changes.hpp"
#include "projections/store_database.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Partition;
using parlour::views::v1::ViewPosition;
using Family = Database::Family;

std::string name_of(const Projection& view) {
    return fmt::format("{}@{}", view.name(), view.version());
}

std::string position_key(Partition partition) {
    std::string key(1, kPositionPrefix);
    events::append_number(key, partition.value);
    return key;
}

// The first key behind all keys with the prefix. The prefix begins with kRowPrefix, so one exists.
std::string end_of_prefix(std::string prefix) {
    while (static_cast<unsigned char>(prefix.back()) == 0xffU) prefix.pop_back();
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1U);
    return prefix;
}

class RocksBatch final : public Store::Batch {
  public:
    explicit RocksBatch(Database& store) : store_(store) {}

    Rows& rows(const Projection& view) override { return changes_of(view); }

    void set_position(const Projection& view,
                      Partition partition,
                      const ViewPosition& position) override {
        changes_of(view).set_position(position_key(partition), position.SerializeAsString());
    }

    events::Status commit() override {
        rocksdb::WriteBatch batch;
        for (const auto& view : views_) {
            if (auto written = view.changes->write_to(batch); !written) return written;
        }
        const auto status = store_.db().Write({}, &batch);
        if (!status.ok()) return store_.failed(status);
        for (const auto& view : views_) view.changes->wrote();
        return {};
    }

  private:
    // A batch under load has some hundred rows of some hundred bytes.
    static constexpr std::size_t kFirstBytes = std::size_t{64} << 10U;

    struct ByView {
        const Projection* view;
        std::unique_ptr<ViewChanges> changes;
    };

    ViewChanges& changes_of(const Projection& view) {
        for (const auto& known : views_) {
            if (known.view == &view) return *known.changes;
        }
        views_.push_back({&view, std::make_unique<ViewChanges>(store_, name_of(view), &memory_)});
        return *views_.back().changes;
    }

    Database& store_;
    std::pmr::monotonic_buffer_resource memory_{kFirstBytes};
    std::vector<ByView> views_;
};

}  // namespace

struct Store::Impl : Database {
    using Database::Database;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

events::Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& dir,
                                                   rocksdb::Env* env) {
    auto impl = std::make_unique<Impl>(dir, env);
    if (auto opened = impl->open(); !opened) return std::unexpected(std::move(opened.error()));
    return std::unique_ptr<Store>(new Store(std::move(impl)));
}

events::Result<std::unique_ptr<Store>> Store::open_secondary(const std::filesystem::path& dir,
                                                             const std::filesystem::path& scratch) {
    auto impl = std::make_unique<Impl>(dir);
    if (auto opened = impl->open_secondary(scratch); !opened) {
        return std::unexpected(std::move(opened.error()));
    }
    return std::unique_ptr<Store>(new Store(std::move(impl)));
}

events::Result<std::optional<std::string>> Store::get(const Projection& view,
                                                      std::string_view key) {
    std::string full;
    put_key(kRowPrefix, key, full);
    return impl_->get(impl_->find(name_of(view)), full);
}

events::Status Store::scan(const Projection& view,
                           std::string_view prefix,
                           std::string_view from,
                           const Visit& visit) {
    Family* const family = impl_->find(name_of(view));
    if (family == nullptr) return {};
    std::string begin;
    put_key(kRowPrefix, prefix, begin);
    const std::string end = end_of_prefix(begin);
    begin.append(from);
    const rocksdb::Slice end_slice = slice_of(end);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_slice;
    const std::unique_ptr<rocksdb::Iterator> rows(impl_->db().NewIterator(options, family));
    for (rows->Seek(begin); rows->Valid(); rows->Next()) {
        if (!visit(view_of(rows->key()).substr(1), view_of(rows->value()))) return {};
    }
    if (!rows->status().ok()) return impl_->failed(rows->status());
    return {};
}

events::Result<ViewPosition> Store::position(const Projection& view, Partition partition) {
    const auto got = impl_->get(impl_->find(name_of(view)), position_key(partition));
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    ViewPosition position;
    if (value && !position.ParseFromString(*value)) {
        return fail(Errc::kDamaged, "a view position does not parse");
    }
    return position;
}

events::Status Store::replace(const Projection& view, const Projection& from) {
    return impl_->replace(name_of(view), name_of(from));
}

events::Status Store::forget(const Projection& view) {
    return impl_->drop(name_of(view));
}

std::string Store::serving(const Projection& view) {
    return impl_->serving(name_of(view));
}

const std::filesystem::path& Store::dir() const {
    return impl_->dir();
}

std::uint64_t Store::size_bytes(const Projection& view) {
    Family* const family = impl_->find(name_of(view));
    if (family == nullptr) return 0;
    std::uint64_t files = 0;
    std::uint64_t memory = 0;
    impl_->db().GetIntProperty(family, rocksdb::DB::Properties::kLiveSstFilesSize, &files);
    impl_->db().GetIntProperty(family, rocksdb::DB::Properties::kCurSizeAllMemTables, &memory);
    return files + memory;
}

std::unique_ptr<Store::Batch> Store::batch() {
    return std::make_unique<RocksBatch>(*impl_);
}

events::Result<std::vector<Store::NamedPosition>> Store::positions() {
    std::vector<NamedPosition> positions;
    const std::string end(1, kPositionPrefix + 1);
    const rocksdb::Slice end_slice = slice_of(end);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_slice;
    for (const auto& [name, family] : impl_->families()) {
        const std::unique_ptr<rocksdb::Iterator> rows(impl_->db().NewIterator(options, family));
        for (rows->Seek(std::string(1, kPositionPrefix)); rows->Valid(); rows->Next()) {
            const auto key = view_of(rows->key());
            ViewPosition position;
            const bool parsed = position.ParseFromArray(rows->value().data(),
                                                        static_cast<int>(rows->value().size()));
            if (key.size() != position_key({}).size() || !parsed) {
                return fail(Errc::kDamaged, "a view position does not parse");
            }
            positions.push_back({.view = name,
                                 .partition = {events::get_number<std::uint16_t>(key.data() + 1)},
                                 .next_offset = position.next_offset()});
        }
        if (!rows->status().ok()) return impl_->failed(rows->status());
    }
    return positions;
}

std::vector<std::string> Store::names() {
    return impl_->names();
}

events::Status Store::drop(const std::string& name) {
    return impl_->drop(impl_->serving(name));
}

Store::Counts Store::counts() const {
    return {.gets = impl_->counters().gets, .puts = impl_->counters().puts};
}

std::uint64_t Store::size_bytes() const {
    std::uint64_t bytes = 0;
    std::error_code ended;
    for (std::filesystem::directory_iterator file(impl_->dir(), ended), end; !ended && file != end;
         file.increment(ended)) {
        // A file may go while we look: it then counts nothing.
        std::error_code gone;
        const auto size = file->is_regular_file(gone) ? file->file_size(gone) : 0;
        if (!gone) bytes += size;
    }
    return bytes;
}

}  // namespace projections

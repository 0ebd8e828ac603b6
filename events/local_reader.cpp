#include "events/local_reader.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "events/bytes.hpp"
#include "events/local_keys.hpp"

namespace events::local {
namespace {

constexpr std::uint64_t kMaxU64 = std::numeric_limits<std::uint64_t>::max();
// An iterator holds on to files that erasure wants gone: none lives longer than this.
constexpr std::chrono::seconds kIteratorAgeMax{20};
constexpr std::uint64_t kRecordsBetweenLooksAtTheClock = 4096;

std::unexpected<Error> damaged(const char* what) {
    return fail(Errc::kDamaged, std::string("the log's ") + what + " is unreadable");
}

void add_entry(const RunWalk& record, std::vector<Entry>& out) {
    out.push_back(Entry{.offset = record.offset(),
                        .key = record.key(),
                        .frame = std::make_shared<const std::string>(record.frame())});
}

// To the run that holds the record, or to the first one behind it.
void seek_run(rocksdb::Iterator& rows, Partition partition, Offset offset) {
    const auto key = record_key(partition, offset);
    rows.SeekForPrev(slice(key));
    if (!rows.Valid() || !rows.key().starts_with(slice(number_bytes(partition.value)))) {
        rows.Seek(slice(key));
    }
}

// Finds records of one partition by their offsets, cheaply when they ascend.
class Finder {
  public:
    Finder(std::unique_ptr<rocksdb::Iterator> rows, Partition partition)
        : rows_(std::move(rows)), partition_(partition) {}

    // kDamaged when there is no such record. It stays valid until the next call.
    Result<const RunWalk*> find(Offset offset) {
        if (run_ && run_->next_offset() <= offset && walk_to(offset)) return &*run_;
        seek_run(*rows_, partition_, offset);
        if (!rows_->status().ok()) return std::unexpected(error_of(rows_->status()));
        const auto place =
            rows_->Valid() ? parse_record_key(view(rows_->key())) : std::optional<RecordPlace>();
        if (!place || place->partition != partition_) return damaged("stream index");
        run_.emplace(place->offset, view(rows_->value()));
        if (!walk_to(offset)) return damaged("stream index");
        return &*run_;
    }

  private:
    bool walk_to(Offset offset) {
        while (run_->next_offset() <= offset && run_->next()) {
        }
        return !run_->is_damaged() && run_->next_offset().value == offset.value + 1;
    }

    std::unique_ptr<rocksdb::Iterator> rows_;
    Partition partition_;
    std::optional<RunWalk> run_;
};

}  // namespace

std::unique_ptr<rocksdb::Iterator> Reader::iterate(Family family,
                                                   const rocksdb::ReadOptions& options) const {
    return std::unique_ptr<rocksdb::Iterator>(
        store_.db().NewIterator(options, store_.family(family)));
}

Result<std::vector<Entry>> Reader::read(Partition partition,
                                        Offset from,
                                        Offset end,
                                        ReadLimit limit) {
    std::vector<Entry> out;
    const auto bound = record_key(partition, end);
    const auto bound_slice = slice(bound);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound_slice;
    const auto rows = iterate(Family::kRecords, options);
    std::size_t bytes = 0;
    for (seek_run(*rows, partition, from); rows->Valid(); rows->Next()) {
        const auto place = parse_record_key(view(rows->key()));
        if (!place) return damaged("record key");
        RunWalk run(place->offset, view(rows->value()));
        while (run.next()) {
            if (run.offset() < from) continue;
            if (run.offset() >= end) return out;
            add_entry(run, out);
            bytes += run.frame().size();
            if (out.size() >= limit.records || bytes >= limit.bytes) return out;
        }
        if (run.is_damaged()) return damaged("record");
    }
    if (!rows->status().ok()) return std::unexpected(error_of(rows->status()));
    return out;
}

Result<bool> Reader::scan_for_a_while(Partition partition,
                                      Offset& next,
                                      const LocalLog::Visit& visit) {
    auto options = scan_options();
    const auto bound = record_key(partition, Offset{kMaxU64});
    const auto bound_slice = slice(bound);
    options.iterate_upper_bound = &bound_slice;
    const auto rows = iterate(Family::kRecords, options);
    const auto started = std::chrono::steady_clock::now();
    const auto from = next;
    std::uint64_t visited = 0;
    for (seek_run(*rows, partition, from); rows->Valid(); rows->Next()) {
        const auto place = parse_record_key(view(rows->key()));
        if (!place) return damaged("record key");
        RunWalk run(place->offset, view(rows->value()));
        while (run.next()) {
            if (run.offset() < from) continue;
            next = run.next_offset();
            if (!visit(run.offset(), run.key(), run.frame())) return false;
            ++visited;
        }
        if (run.is_damaged()) return damaged("record");
        if (visited >= kRecordsBetweenLooksAtTheClock) {
            visited = 0;
            if (std::chrono::steady_clock::now() - started > kIteratorAgeMax) return true;
        }
    }
    if (!rows->status().ok()) return std::unexpected(error_of(rows->status()));
    return false;
}

Status Reader::scan(Partition partition, Offset from, const LocalLog::Visit& visit) {
    Offset next = from;
    for (;;) {
        const auto more = scan_for_a_while(partition, next, visit);
        if (!more) return std::unexpected(more.error());
        if (!*more) return {};
    }
}

Result<std::vector<Offset>> Reader::ends() {
    std::vector<Offset> out(store_.partitions());
    const auto rows = iterate(Family::kRecords, {});
    for (std::uint16_t p = 0; p < store_.partitions(); ++p) {
        rows->SeekForPrev(slice(record_key(Partition{p}, Offset{kMaxU64})));
        if (!rows->Valid()) continue;
        const auto place = parse_record_key(view(rows->key()));
        if (!place) return damaged("record key");
        if (place->partition.value != p) continue;
        RunWalk run(place->offset, view(rows->value()));
        while (run.next()) {
        }
        if (run.is_damaged()) return damaged("record");
        out[p] = run.next_offset();
    }
    if (!rows->status().ok()) return std::unexpected(error_of(rows->status()));
    return out;
}

Result<JournalRows> Reader::read_journal(Recent& into) {
    into.clear();
    JournalRows numbers;
    const auto rows = iterate(Family::kJournal, {});
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
        const auto places = parse_places(view(rows->value()));
        if (!places || rows->key().size() != 8) return damaged("journal");
        const auto number = get_number<std::uint64_t>(rows->key().data());
        into.add(*places, number);
        if (numbers.end == 0) numbers.begin = number;
        numbers.end = number + 1;
    }
    if (!rows->status().ok()) return std::unexpected(error_of(rows->status()));
    return numbers;
}

Result<std::optional<Reader::SeqRow>> Reader::row_at(const TenantId& tenant, Seq seq) {
    const auto it = iterate(Family::kSeqs, {});
    it->SeekForPrev(slice(seq_key(tenant, seq)));
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    if (!it->Valid()) return std::nullopt;
    const auto place = parse_seq_key(view(it->key()));
    if (!place || it->value().empty() || it->value().size() % 8 != 0) return damaged("seq index");
    if (place->tenant != tenant) return std::nullopt;
    return SeqRow{.first = place->seq, .offsets = it->value().ToString()};
}

Result<Seq> Reader::head(const TenantId& tenant) {
    // Memory before the disk, here and below: what leaves it is on disk by then.
    const auto newest = recent_.head(tenant);
    const auto row = row_at(tenant, Seq{kMaxU64});
    if (!row) return std::unexpected(row.error());
    if (!*row) return newest;
    return std::max(newest, Seq{(*row)->first.value + run_length((*row)->offsets) - 1});
}

Result<Offset> Reader::offset_of(const TenantId& tenant, Seq seq) {
    if (const auto newest = recent_.offset_of(tenant, seq)) return *newest;
    const auto row = row_at(tenant, seq);
    if (!row) return std::unexpected(row.error());
    if (*row) {
        const auto offset = offset_in_run((*row)->offsets, seq.value - (*row)->first.value);
        if (offset) return *offset;
    }
    return fail(Errc::kNotFound, "no commit has this seq");
}

Result<std::vector<StreamPlace>> Reader::places_on_disk(const TenantId& tenant,
                                                        const StreamId& stream,
                                                        Version from,
                                                        std::size_t most) {
    const auto prefix = stream_prefix(tenant, stream);
    const auto first = stream_key(tenant, stream, from);
    rocksdb::ReadOptions options;
    options.prefix_same_as_start = true;
    const auto it = iterate(Family::kStreams, options);
    // A row that begins before `from` may reach behind it.
    if (from.value > 1) it->SeekForPrev(slice(first));
    if (!it->Valid() || !it->key().starts_with(slice(prefix))) it->Seek(slice(first));
    std::vector<StreamPlace> out;
    for (; it->Valid() && it->key().starts_with(slice(prefix)); it->Next()) {
        const auto row = parse_stream_places(view(it->value()));
        if (!row) return damaged("stream index");
        for (const auto& place : *row) {
            if (place.first_version < from) continue;
            out.push_back(place);
            if (out.size() >= most) return out;
        }
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    return out;
}

Result<std::vector<StreamPlace>> Reader::places(const TenantId& tenant,
                                                const StreamId& stream,
                                                Version from,
                                                std::size_t most) {
    const auto newest = recent_.places(tenant, stream, from);
    auto out = places_on_disk(tenant, stream, from, most);
    if (!out) return out;
    for (const auto& place : newest) {
        if (out->size() >= most) break;
        if (out->empty() || place.first_version > out->back().first_version) out->push_back(place);
    }
    return out;
}

Result<std::vector<Entry>> Reader::read_stream(const TenantId& tenant,
                                               const StreamId& stream,
                                               Version from,
                                               ReadLimit limit) {
    const auto wanted = places(tenant, stream, from, limit.records);
    if (!wanted) return std::unexpected(wanted.error());
    std::vector<Entry> out;
    if (wanted->empty()) return out;
    Finder records(iterate(Family::kRecords, {}), partition_of(tenant, store_.partitions()));
    std::size_t bytes = 0;
    for (const auto& place : *wanted) {
        const auto record = records.find(place.offset);
        if (!record) return std::unexpected(record.error());
        add_entry(**record, out);
        bytes += out.back().frame->size();
        if (bytes >= limit.bytes) break;
    }
    return out;
}

Result<std::vector<ClaimAt>> Reader::claims(Partition partition) {
    const auto prefix = number_bytes(partition.value);
    const auto it = iterate(Family::kClaims, {});
    std::vector<ClaimAt> out;
    for (it->Seek(slice(prefix)); it->Valid() && it->key().starts_with(slice(prefix)); it->Next()) {
        const auto claim = parse_claim(view(it->value()));
        const auto place = parse_record_key(view(it->key()));
        if (!claim || !place) return damaged("claim index");
        out.push_back({.claim = *claim, .offset = place->offset});
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    return out;
}

Result<bool> Reader::is_bound(const KeyId& key) {
    rocksdb::PinnableSlice value;
    const auto status =
        store_.db().Get({}, store_.family(Family::kKeys), slice(key.view()), &value);
    if (status.ok()) return true;
    if (status.IsNotFound()) return false;
    return std::unexpected(error_of(status));
}

Result<std::vector<TenantId>> Reader::tenants() {
    auto out = recent_.tenants();
    const auto it = iterate(Family::kSeqs, {});
    it->SeekToFirst();
    while (it->Valid()) {
        const auto place = parse_seq_key(view(it->key()));
        if (!place) return damaged("seq index");
        out.push_back(place->tenant);
        // No seq is the highest number, so this lands on the next tenant.
        it->Seek(slice(seq_key(place->tenant, Seq{kMaxU64})));
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    std::ranges::sort(out);
    const auto twice = std::ranges::unique(out);
    out.erase(twice.begin(), twice.end());
    return out;
}

Result<bool> Reader::is_on_disk(const TenantId& tenant, const StreamId& stream) {
    const auto found = places_on_disk(tenant, stream, Version{}, 1);
    if (!found) return std::unexpected(found.error());
    return !found->empty();
}

Result<std::uint64_t> Reader::stream_count(const TenantId& tenant) {
    auto newest = recent_.streams(tenant);
    std::ranges::sort(newest);
    const auto twice = std::ranges::unique(newest);
    newest.erase(twice.begin(), twice.end());
    std::uint64_t streams = 0;
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    const auto it = iterate(Family::kStreams, options);
    it->Seek(slice(tenant.view()));
    while (it->Valid() && it->key().starts_with(slice(tenant.view()))) {
        if (it->key().size() != kStreamKeyBytes) return damaged("stream index");
        ++streams;
        Bytes<kStreamKeyBytes> behind;
        behind.fill(static_cast<char>(0xFF));
        it->key().ToStringView().copy(behind.data(), kStreamPrefixBytes);
        it->Seek(slice(behind));
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    for (const auto& stream : newest) {
        const auto counted = is_on_disk(tenant, stream);
        if (!counted) return std::unexpected(counted.error());
        if (!*counted) ++streams;
    }
    return streams;
}

std::vector<StoreSize> Reader::sizes() const {
    std::vector<StoreSize> out;
    for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
        auto* const handle = store_.family(static_cast<Family>(i));
        StoreSize size{.name = kFamilyNames.at(i), .keys = 0, .bytes = 0};
        store_.db().GetIntProperty(handle, "rocksdb.estimate-num-keys", &size.keys);
        store_.db().GetIntProperty(handle, "rocksdb.live-sst-files-size", &size.bytes);
        out.push_back(std::move(size));
    }
    return out;
}

}  // namespace events::local

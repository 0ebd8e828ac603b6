#include "events/local_reader.hpp"

#include <chrono>
#include <limits>
#include <string>
#include <utility>

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

// A record's value: its random key, then its frame.
bool split(std::string_view value, RecordKey& key, std::string_view& frame) {
    if (value.size() < RecordKey::kSize) return false;
    key = *RecordKey::from_bytes(value.substr(0, RecordKey::kSize));
    frame = value.substr(RecordKey::kSize);
    return true;
}

Status add_entry(Offset offset, std::string_view value, std::vector<Entry>& out) {
    Entry entry;
    std::string_view frame;
    if (!split(value, entry.key, frame)) return damaged("record");
    entry.offset = offset;
    entry.frame = std::make_shared<const std::string>(frame);
    out.push_back(std::move(entry));
    return {};
}

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
    const auto it = iterate(Family::kRecords, options);
    std::size_t bytes = 0;
    for (it->Seek(slice(record_key(partition, from))); it->Valid(); it->Next()) {
        const auto place = parse_record_key(view(it->key()));
        if (!place) return damaged("record key");
        if (auto added = add_entry(place->offset, view(it->value()), out); !added) {
            return std::unexpected(added.error());
        }
        bytes += out.back().frame->size();
        if (out.size() >= limit.records || bytes >= limit.bytes) break;
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    return out;
}

Result<bool> Reader::scan_for_a_while(Partition partition,
                                      Offset& next,
                                      const LocalLog::Visit& visit) {
    auto options = scan_options();
    const auto bound = record_key(partition, Offset{kMaxU64});
    const auto bound_slice = slice(bound);
    options.iterate_upper_bound = &bound_slice;
    const auto it = iterate(Family::kRecords, options);
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t visited = 0;
    RecordKey key;
    std::string_view frame;
    for (it->Seek(slice(record_key(partition, next))); it->Valid(); it->Next()) {
        const auto place = parse_record_key(view(it->key()));
        if (!place || !split(view(it->value()), key, frame)) return damaged("record");
        next = Offset{place->offset.value + 1};
        if (!visit(place->offset, key, frame)) return false;
        if (++visited % kRecordsBetweenLooksAtTheClock == 0 &&
            std::chrono::steady_clock::now() - started > kIteratorAgeMax) {
            return true;
        }
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
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
    const auto it = iterate(Family::kRecords, {});
    for (std::uint16_t p = 0; p < store_.partitions(); ++p) {
        it->SeekForPrev(slice(record_key(Partition{p}, Offset{kMaxU64})));
        if (!it->Valid()) continue;
        const auto place = parse_record_key(view(it->key()));
        if (!place) return damaged("record key");
        if (place->partition.value == p) out[p] = Offset{place->offset.value + 1};
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    return out;
}

Result<std::optional<Reader::Run>> Reader::run_at(const TenantId& tenant, Seq seq) {
    const auto it = iterate(Family::kSeqs, {});
    it->SeekForPrev(slice(seq_key(tenant, seq)));
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    if (!it->Valid()) return std::nullopt;
    const auto place = parse_seq_key(view(it->key()));
    if (!place || it->value().empty() || it->value().size() % 8 != 0) return damaged("seq index");
    if (place->tenant != tenant) return std::nullopt;
    return Run{.first = place->seq, .offsets = it->value().ToString()};
}

Result<Seq> Reader::head(const TenantId& tenant) {
    const auto run = run_at(tenant, Seq{kMaxU64});
    if (!run) return std::unexpected(run.error());
    if (!*run) return Seq{};
    return Seq{(*run)->first.value + run_length((*run)->offsets) - 1};
}

Result<Offset> Reader::offset_of(const TenantId& tenant, Seq seq) {
    const auto run = run_at(tenant, seq);
    if (!run) return std::unexpected(run.error());
    if (*run) {
        const auto offset = offset_in_run((*run)->offsets, seq.value - (*run)->first.value);
        if (offset) return *offset;
    }
    return fail(Errc::kNotFound, "no commit has this seq");
}

Result<std::vector<Entry>> Reader::read_stream(const TenantId& tenant,
                                               const StreamId& stream,
                                               Version from,
                                               ReadLimit limit) {
    const auto partition = partition_of(tenant, store_.partitions());
    const auto prefix = stream_prefix(tenant, stream);
    const auto it = iterate(Family::kStreams, {});
    std::vector<Entry> out;
    std::size_t bytes = 0;
    rocksdb::PinnableSlice value;
    for (it->Seek(slice(stream_key(tenant, stream, from)));
         it->Valid() && it->key().starts_with(slice(prefix));
         it->Next()) {
        const auto offset = parse_offset(view(it->value()));
        if (!offset) return damaged("stream index");
        value.Reset();
        const auto status = store_.db().Get(
            {}, store_.family(Family::kRecords), slice(record_key(partition, *offset)), &value);
        if (status.IsNotFound()) return damaged("stream index");
        if (!status.ok()) return std::unexpected(error_of(status));
        if (auto added = add_entry(*offset, view(value), out); !added) {
            return std::unexpected(added.error());
        }
        bytes += out.back().frame->size();
        if (out.size() >= limit.records || bytes >= limit.bytes) break;
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    return out;
}

Result<std::vector<ClaimRef>> Reader::claims(Partition partition) {
    const auto prefix = number_bytes(partition.value);
    const auto it = iterate(Family::kClaims, {});
    std::vector<ClaimRef> out;
    for (it->Seek(slice(prefix)); it->Valid() && it->key().starts_with(slice(prefix)); it->Next()) {
        const auto claim = parse_claim(view(it->value()));
        if (!claim) return damaged("claim index");
        out.push_back(*claim);
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
    const auto it = iterate(Family::kSeqs, {});
    std::vector<TenantId> out;
    it->SeekToFirst();
    while (it->Valid()) {
        const auto place = parse_seq_key(view(it->key()));
        if (!place) return damaged("seq index");
        out.push_back(place->tenant);
        // No seq is the highest number, so this lands on the next tenant.
        it->Seek(slice(seq_key(place->tenant, Seq{kMaxU64})));
    }
    if (!it->status().ok()) return std::unexpected(error_of(it->status()));
    return out;
}

Result<std::uint64_t> Reader::stream_count(const TenantId& tenant) {
    const auto it = iterate(Family::kStreams, {});
    std::uint64_t streams = 0;
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

#include "events/local_file_copy.hpp"

#include <memory>

#include "events/bytes.hpp"
#include "events/local_file_keys.hpp"

namespace events::local {
namespace {

constexpr char kRecordKeyKind = 'k';

std::string note_key(char kind, Partition partition) {
    std::string key(1, kind);
    append_number(key, partition.value);
    return key;
}

std::string record_key_of(const FilePlace& place, std::uint32_t index) {
    auto key = file_key(kRecordKeyKind, place);
    append_number(key, index);
    return key;
}

}  // namespace

void FileCopy::add(const FilePlace& place,
                   std::uint32_t index,
                   std::string_view frame,
                   const RecordKey& key) {
    auto* const family = store_.family(Family::kFiles);
    batch_.Put(family, slice(chunk_key(place, index)), slice(frame));
    batch_.Put(family, slice(record_key_of(place, index)), slice(key.view()));
    if (index == 0) batch_.Put(family, slice(file_key(kWaitingKind, place)), {});
}

void FileCopy::remove(const FilePlace& place, std::uint32_t index) {
    auto* const family = store_.family(Family::kFiles);
    batch_.Delete(family, slice(chunk_key(place, index)));
    batch_.Delete(family, slice(record_key_of(place, index)));
    batch_.Delete(family, slice(file_key(kWaitingKind, place)));
}

void FileCopy::note(char kind, Partition partition, const std::string& value) {
    batch_.Put(store_.family(Family::kFiles), slice(note_key(kind, partition)), slice(value));
}

Status FileCopy::write() {
    if (batch_.Count() == 0) return {};
    const auto written = store_.db().Write({}, &batch_);
    batch_.Clear();
    if (!written.ok()) return fail(Errc::kStorage, error_of(written).detail);
    return {};
}

Result<std::optional<std::string>> FileCopy::note(char kind, Partition partition) const {
    std::string value;
    const auto found = store_.db().Get(
        {}, store_.family(Family::kFiles), slice(note_key(kind, partition)), &value);
    if (found.IsNotFound()) return std::nullopt;
    if (!found.ok()) return std::unexpected(error_of(found));
    return value;
}

Result<std::vector<std::pair<std::uint32_t, RecordKey>>> FileCopy::chunks(
    const FilePlace& place) const {
    const auto prefix = file_key(kRecordKeyKind, place);
    const std::unique_ptr<rocksdb::Iterator> at(
        store_.db().NewIterator({}, store_.family(Family::kFiles)));
    std::vector<std::pair<std::uint32_t, RecordKey>> found;
    for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
        const auto key = RecordKey::from_bytes(view(at->value()));
        if (!key || at->key().size() != prefix.size() + 4) {
            return fail(Errc::kDamaged, "a file's record key is unreadable");
        }
        found.emplace_back(get_number<std::uint32_t>(at->key().data() + prefix.size()), *key);
    }
    if (!at->status().ok()) return std::unexpected(error_of(at->status()));
    return found;
}

}  // namespace events::local

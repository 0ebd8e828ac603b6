#include "events/key_fold.hpp"

#include <algorithm>

namespace events {

Verdict KeyFold::apply(const RecordKey& key, const parlour::log::v1::Record& record) {
    const auto verdict = fence_.apply(record);
    if (record.has_key_created()) {
        const auto id = KeyId::from_bytes(record.key_created().key_id());
        const auto tenant = TenantId::from_bytes(record.key_created().tenant());
        if (!id || !tenant) return Verdict::kVoid;
        const Wrapping wrapping{
            .tenant = *tenant, .id = *id, .made_under = claim_of(record).value_or(ClaimRef{})};
        if (verdict == Verdict::kVoid) {
            voids_.insert_or_assign(key, wrapping);
        } else {
            voids_.erase(key);
            wrappings_.insert_or_assign(key, wrapping);
        }
    } else if (record.has_void_tombstone() || record.has_key_destroyed()) {
        // Both stand under the key of the record that they replace.
        wrappings_.erase(key);
        voids_.erase(key);
        const auto id = KeyId::from_bytes(record.key_destroyed().key_id());
        if (record.has_key_destroyed() && id) destroyed_.insert(*id);
    }
    return verdict;
}

bool KeyFold::is_usable(const KeyId& id) const {
    return !is_destroyed(id) && std::ranges::any_of(wrappings_, [&](const auto& wrapping) {
        return wrapping.second.id == id;
    });
}

}  // namespace events

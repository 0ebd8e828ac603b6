#include "projections/store_changes.hpp"

#include <utility>

namespace projections {

void put_key(char prefix, std::string_view key, std::string& out) {
    out.clear();
    out.reserve(1 + key.size());
    out.push_back(prefix);
    out.append(key);
}

ViewChanges::ViewChanges(Database& database, std::string name, std::pmr::memory_resource* memory)
    : database_(database),
      name_(std::move(name)),
      place_(database.find_place(name_)),
      memory_(memory),
      changes_(memory),
      by_key_(memory) {}

std::string_view ViewChanges::full_key(std::string_view key) {
    put_key(kRowPrefix, key, key_);
    return key_;
}

ViewChanges::Change& ViewChanges::change_of(std::string_view full_key) {
    if (const auto known = by_key_.find(full_key); known != by_key_.end()) return *known->second;
    auto& change = changes_.emplace_back(full_key, memory_);
    by_key_.emplace(change.key, &change);
    return change;
}

events::Result<std::optional<std::string>> ViewChanges::get(std::string_view key) {
    const auto full = full_key(key);
    if (const auto changed = by_key_.find(full); changed != by_key_.end()) {
        const auto& change = *changed->second;
        return change.erased ? std::nullopt : std::optional<std::string>(change.value);
    }
    if (place_.cache == nullptr) return std::nullopt;  // the view was never written
    if (const auto* const kept = place_.cache->find(full)) return *kept;
    auto stored = database_.get(place_.family, full);
    if (stored) place_.cache->keep(full, *stored);
    return stored;
}

void ViewChanges::put(std::string_view key, std::string_view value) {
    auto& change = change_of(full_key(key));
    change.value.assign(value);
    change.erased = false;
}

void ViewChanges::erase(std::string_view key) {
    change_of(full_key(key)).erased = true;
}

void ViewChanges::set_position(std::string_view full_key, std::string_view value) {
    change_of(full_key).value.assign(value);
}

events::Status ViewChanges::write_to(rocksdb::WriteBatch& batch) {
    const auto place = database_.find_or_create(name_);
    if (!place) return std::unexpected(place.error());
    place_ = *place;
    for (const auto& change : changes_) {
        const auto key = slice_of(change.key);
        const auto status = change.erased ? batch.Delete(place_.family, key)
                                          : batch.Put(place_.family, key, slice_of(change.value));
        if (!status.ok()) return database_.failed(status);
    }
    database_.counters().puts.fetch_add(changes_.size(), std::memory_order_relaxed);
    return {};
}

void ViewChanges::wrote() {
    for (const auto& change : changes_) {
        if (change.key.front() != kRowPrefix) continue;
        place_.cache->replace(
            change.key,
            change.erased ? std::nullopt : std::optional<std::string_view>(change.value));
    }
}

}  // namespace projections

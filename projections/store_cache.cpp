#include "projections/store_cache.hpp"

#include <utility>

namespace projections {
namespace {

// Of an entry beside its bytes: two strings, a node, its place in the table.
constexpr std::size_t kEntryOverheadBytes = 2 * sizeof(std::string) + 32;

std::size_t size_of(const RowCache::Value& value) {
    return value ? value->size() : 0;
}

}  // namespace

RowCache::Value& RowCache::insert(std::string_view key, Value value) {
    const auto bytes = key.size() + size_of(value) + kEntryOverheadBytes;
    if (recent_bytes_ + bytes > bytes_max_ / 2) {
        older_ = std::exchange(recent_, {});
        recent_bytes_ = 0;
    }
    recent_bytes_ += bytes;
    return recent_.insert_or_assign(std::string(key), std::move(value)).first->second;
}

const RowCache::Value* RowCache::find(std::string_view key) {
    if (const auto known = recent_.find(key); known != recent_.end()) return &known->second;
    const auto known = older_.find(key);
    if (known == older_.end()) return nullptr;
    Value value = std::move(known->second);
    older_.erase(known);
    return &insert(key, std::move(value));
}

void RowCache::keep(std::string_view key, Value value) {
    if (const auto known = older_.find(key); known != older_.end()) older_.erase(known);
    const auto known = recent_.find(key);
    if (known == recent_.end()) {
        insert(key, std::move(value));
        return;
    }
    recent_bytes_ += size_of(value);
    recent_bytes_ -= size_of(known->second);
    known->second = std::move(value);
}

void RowCache::replace(std::string_view key, const std::optional<std::string_view>& value) {
    if (find(key) == nullptr) return;
    auto& kept = recent_.find(key)->second;
    recent_bytes_ -= size_of(kept);
    if (!value) {
        kept.reset();
    } else if (kept) {
        kept->assign(*value);
    } else {
        kept.emplace(*value);
    }
    recent_bytes_ += size_of(kept);
}

}  // namespace projections

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

// Rows of one view that it reads to change them, as a conversation's row with every message: kept,
// also that there is none, so that the next commit of the same conversation need not look it up in
// the database. Holds what the database holds, never more: personal fields are sealed here too. One
// thread at a time.
namespace projections {

// For each view.
inline constexpr std::size_t kRowCacheBytes = std::size_t{4} << 20U;

class RowCache {
  public:
    using Value = std::optional<std::string>;  // nothing: there is no such row

    explicit RowCache(std::size_t bytes_max = kRowCacheBytes) : bytes_max_(bytes_max) {}

    // Null when the row is not kept. Valid until the next call.
    const Value* find(std::string_view key);
    // The row as the database has it.
    void keep(std::string_view key, Value value);
    // The same for a row that is kept already; nothing to do for another.
    void replace(std::string_view key, const std::optional<std::string_view>& value);

  private:
    struct HashBytes {
        using is_transparent = void;
        std::size_t operator()(std::string_view bytes) const noexcept {
            return std::hash<std::string_view>{}(bytes);
        }
    };
    using Rows = std::unordered_map<std::string, Value, HashBytes, std::equal_to<>>;
    Value& insert(std::string_view key, Value value);

    // Half of the memory holds what was used since the other half was full; that one goes next.
    std::size_t bytes_max_;
    Rows recent_;
    Rows older_;
    std::size_t recent_bytes_ = 0;
};

}  // namespace projections

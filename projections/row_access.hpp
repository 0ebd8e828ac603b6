#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

// Rows that are protobuf messages, parsed.
namespace projections {

template <class Row>
events::Result<Row> parse_row(std::string_view bytes) {
    Row row;
    if (row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return row;
    return events::fail(events::Errc::kDamaged, Row::descriptor()->name() + " does not parse");
}

// The row, or nothing when there is none.
template <class Row>
events::Result<std::optional<Row>> parse_if_there(
    const events::Result<std::optional<std::string>>& bytes) {
    if (!bytes) return std::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    auto row = parse_row<Row>(**bytes);
    if (!row) return std::unexpected(row.error());
    return std::optional<Row>(*std::move(row));
}

template <class Row>
events::Result<std::optional<Row>> get_row(Rows& rows, const std::string& key) {
    return parse_if_there<Row>(rows.get(key));
}

template <class Row>
events::Result<std::optional<Row>> get_row(Store& store,
                                           const Projection& view,
                                           const std::string& key) {
    return parse_if_there<Row>(store.get(view, key));
}

// Every row with the prefix, in the order of the keys, as `item(key behind the prefix, row)` makes
// them; stops at its first error.
template <class Row, class Item, class Make>
events::Result<std::vector<Item>> list_rows(Store& store,
                                            const Projection& view,
                                            const std::string& prefix,
                                            Make make) {
    std::vector<Item> items;
    std::optional<events::Error> error;
    const auto visit = [&](std::string_view key, std::string_view bytes) {
        const auto row = parse_row<Row>(bytes);
        if (!row) {
            error = row.error();
            return false;
        }
        events::Result<Item> item = make(key.substr(prefix.size()), *row);
        if (!item) {
            error = std::move(item.error());
            return false;
        }
        items.push_back(*std::move(item));
        return true;
    };
    const auto scanned = store.scan(view, prefix, {}, visit);
    if (!scanned) return std::unexpected(scanned.error());
    if (error) return std::unexpected(*std::move(error));
    return items;
}

// An id that a row holds. kDamaged when it is none.
template <class AnyId>
events::Result<AnyId> id_in_row(std::string_view bytes) {
    if (const auto id = AnyId::from_bytes(bytes)) return *id;
    return events::fail(events::Errc::kDamaged, "an id in a row has another size");
}

}  // namespace projections

#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace test_support {

// Every row of the view, and behind them its positions, as they lie in the store.
using Row = std::pair<std::string, std::string>;
inline std::vector<Row> rows_of(projections::Store& store,
                                const projections::Projection& view,
                                std::uint16_t partitions) {
    std::vector<Row> rows;
    const auto scanned =
        store.scan(view, {}, {}, [&](std::string_view key, std::string_view value) {
            rows.emplace_back(key, value);
            return true;
        });
    if (!scanned) throw std::runtime_error("scan: " + scanned.error().detail);
    for (std::uint16_t p = 0; p < partitions; ++p) {
        const auto position = store.position(view, {p});
        if (!position) throw std::runtime_error("position: " + position.error().detail);
        rows.emplace_back("position", position->SerializeAsString());
    }
    return rows;
}

}  // namespace test_support

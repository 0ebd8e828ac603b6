#include "projections/store_upkeep.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace projections {
namespace {

// "NAME@VERSION", or "NAME~N@VERSION" of a rebuild, is of the view NAME.
std::string_view view_named(std::string_view rows) {
    return rows.substr(0, std::min(rows.find('@'), rows.find('~')));
}

events::Result<std::size_t> drop_all(Store& store, const std::set<std::string>& names) {
    for (const auto& name : names) {
        if (auto dropped = store.drop(name); !dropped) return std::unexpected(dropped.error());
    }
    return names.size();
}

}  // namespace

events::Result<std::size_t> drop_rows_ahead(Store& store,
                                            events::Log& log,
                                            std::uint16_t partitions) {
    std::vector<events::Offset> ends;
    for (std::uint16_t p = 0; p < partitions; ++p) {
        const auto end = log.end(events::Partition{p});
        if (!end) return std::unexpected(end.error());
        ends.push_back(*end);
    }
    const auto positions = store.positions();
    if (!positions) return std::unexpected(positions.error());
    std::set<std::string> ahead;
    for (const auto& position : *positions) {
        const auto p = position.partition.value;
        if (p < partitions && position.next_offset > ends[p].value) ahead.insert(position.view);
    }
    return drop_all(store, ahead);
}

events::Result<std::size_t> drop_unused_rows(Store& store, const std::vector<Projection*>& views) {
    std::set<std::string> unused;
    for (const auto& rows : store.names()) {
        const auto view = std::ranges::find(views, view_named(rows), &Projection::name);
        if (view != views.end() && rows != store.serving(**view)) unused.insert(rows);
    }
    return drop_all(store, unused);
}

}  // namespace projections

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/totals/v1/events.pb.h"
#include "parlour/views/v1/totals.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

// A company's daily totals, by day.
// Rows: 'd' tenant 8 | day 10, as text -> DayTotalsRow
//       'l' tenant 8 -> TotalledRow: the last day
class TotalsView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "totals"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage.
    struct Days {
        std::string from;      // "2026-11-01"
        std::string up_to;     // included
        std::size_t most = 0;  // days
    };
    // Ascending.
    events::Result<std::vector<parlour::totals::v1::DayTotalled>> list(
        Store& store, const events::TenantId& tenant, const Days& days) const;
    // How far the tenant is totalled; nothing when no day is.
    events::Result<std::optional<parlour::views::v1::TotalledRow>> last(
        Store& store, const events::TenantId& tenant) const;
};

}  // namespace projections

#include "projections/totals_view.hpp"

#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Result;
using events::Status;
using parlour::totals::v1::DayTotalled;
using parlour::totals::v1::TotalsEvent;
using parlour::views::v1::DayTotalsRow;
using parlour::views::v1::TotalledRow;

constexpr char kDayRow = 'd';
constexpr char kLastRow = 'l';

void keep(const events::TenantId& tenant, const DayTotalled& totals, Rows& rows) {
    DayTotalsRow row;
    *row.mutable_totals() = totals;
    rows.put(row_key(kDayRow, tenant, totals.day()), row.SerializeAsString());
    TotalledRow last;
    last.set_day(totals.day());
    last.set_up_to_seq(totals.up_to_seq());
    rows.put(row_key(kLastRow, tenant), last.SerializeAsString());
}

}  // namespace

Status TotalsView::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_TOTALS) return {};
    TotalsEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case TotalsEvent::kDayTotalled:
                keep(meta.tenant, event.day_totalled(), rows);
                break;
            case TotalsEvent::BODY_NOT_SET:
                break;
        }
    }
    return {};
}

Result<std::vector<DayTotalled>> TotalsView::list(Store& store,
                                                  const events::TenantId& tenant,
                                                  const Days& days) const {
    std::vector<DayTotalled> found;
    Status status;
    const auto visit = [&](std::string_view key, std::string_view bytes) {
        const auto day = key.substr(1 + events::TenantId::kSize);
        if (day > days.up_to || found.size() == days.most) return false;
        auto row = parse_row<DayTotalsRow>(bytes);
        if (row) {
            found.push_back(std::move(*row->mutable_totals()));
        } else {
            status = std::unexpected(row.error());
        }
        return status.has_value();
    };
    if (auto scanned = store.scan(*this, row_key(kDayRow, tenant), days.from, visit); !scanned) {
        return std::unexpected(scanned.error());
    }
    if (!status) return std::unexpected(status.error());
    return found;
}

Result<std::optional<TotalledRow>> TotalsView::last(Store& store,
                                                    const events::TenantId& tenant) const {
    return get_row<TotalledRow>(store, *this, row_key(kLastRow, tenant));
}

}  // namespace projections

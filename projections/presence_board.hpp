#pragma once

#include <cstdint>
#include <functional>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/presence.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

// What was recorded last of each expert's presence, and how many conversations each takes at once.
// Who can be reached this moment is not here: leases are no events.
// Rows: 'b' tenant 8 | expert 16 -> PresenceRow
//       'c' tenant 8 | expert 16 -> CapacityRow
class PresenceBoard final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "presence-board"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage.
    // Offline since ever when nothing was recorded.
    events::Result<parlour::views::v1::PresenceRow> find(Store& store,
                                                         const events::TenantId& tenant,
                                                         const events::Uuid& expert) const;
    // 0: any number.
    events::Result<std::uint32_t> conversations_max(Store& store,
                                                    const events::TenantId& tenant,
                                                    const events::Uuid& expert) const;
    // Every expert of every tenant of whom something was recorded.
    using Visit = std::function<void(const events::TenantId& tenant,
                                     const events::Uuid& expert,
                                     const parlour::views::v1::PresenceRow& row)>;
    events::Status for_each(Store& store, const Visit& visit) const;
};

}  // namespace projections

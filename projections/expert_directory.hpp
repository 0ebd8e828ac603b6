#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct ExpertItem {
    events::Uuid id;
    std::optional<events::Personal> name;  // nothing when it was erased
};

// The experts of a company in the order they were added.
// Rows: 'e' tenant 8 | seq 8 -> ExpertRow, in the order they were added
//       'i' tenant 8 | expert 16 -> the seq, to tell whether there is one
class ExpertDirectory final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "expert-directory"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage.
    events::Result<bool> exists(Store& store,
                                const events::TenantId& tenant,
                                const events::Uuid& expert) const;
    // kNotFound when the company has no expert.
    events::Result<events::Uuid> first(Store& store, const events::TenantId& tenant) const;
    // Empty for an unknown tenant.
    events::Result<std::vector<ExpertItem>> list(Store& store,
                                                 events::KeyRing& keys,
                                                 const events::TenantId& tenant,
                                                 std::int64_t now_ms) const;
};

}  // namespace projections

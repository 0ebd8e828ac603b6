#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/views/v1/people.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct RosterItem {
    events::Uuid expert;
    parlour::views::v1::RosterState state{};
    bool deactivated = false;
    std::optional<events::Uuid> account;     // once joined
    std::optional<events::Uuid> invitation;  // of one who was invited
    std::int64_t added_ms = 0;
    std::optional<events::Personal> name;  // person() and list(); nothing when it was erased
    std::optional<events::Personal> email;
};

// How the experts of a company came and whether they are there, for its admins; and which expert an
// account is.
// Rows: 'e' tenant 8 | expert 16 -> RosterRow
//       'a' tenant 8 | account 16 -> expert 16
//       'i' tenant 8 | invitation 16 -> expert 16
class RosterView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "roster"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage. Nothing when there is none.
    events::Result<std::optional<RosterItem>> find(Store& store,
                                                   const events::TenantId& tenant,
                                                   const events::Uuid& expert) const;
    events::Result<std::optional<RosterItem>> of_account(Store& store,
                                                         const events::TenantId& tenant,
                                                         const events::Uuid& account) const;
    // With name and address.
    events::Result<std::optional<RosterItem>> person(Store& store,
                                                     events::KeyRing& keys,
                                                     const events::TenantId& tenant,
                                                     const events::Uuid& expert,
                                                     std::int64_t now_ms) const;
    // The oldest first.
    events::Result<std::vector<RosterItem>> list(Store& store,
                                                 events::KeyRing& keys,
                                                 const events::TenantId& tenant,
                                                 std::int64_t now_ms) const;

  private:
    events::Status apply_expert(const Committed& committed, Rows& rows) const;
    events::Status apply_invitation(const Committed& committed, Rows& rows) const;
    events::Status lapse(const events::CommitMeta& invitation, Rows& rows) const;
};

}  // namespace projections

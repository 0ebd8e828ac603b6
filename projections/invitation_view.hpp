#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/company/v1/events.pb.h"
#include "parlour/views/v1/people.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct InvitationItem {
    events::Uuid id;
    std::optional<events::Personal> name;  // may be empty; nothing when it was erased
    std::optional<events::Personal> email;
    std::vector<parlour::company::v1::Role> roles;
    std::string locale;
    events::Digest token_sha256{};
    std::int64_t sent_ms = 0;
    std::int64_t valid_until_ms = 0;
    std::optional<events::Uuid> mail;
    std::optional<events::Uuid> expert;
    parlour::views::v1::InvitationState state{};
    std::optional<events::Uuid> account;  // once accepted
};

// The invitations of a company.
// Rows: 'i' tenant 8 | invitation 16 -> InvitationRow
class InvitationView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "invitation"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage. Nothing when there is none.
    events::Result<std::optional<InvitationItem>> find(Store& store,
                                                       events::KeyRing& keys,
                                                       const events::TenantId& tenant,
                                                       const events::Uuid& invitation,
                                                       std::int64_t now_ms) const;
    // The oldest first.
    events::Result<std::vector<InvitationItem>> list(Store& store,
                                                     events::KeyRing& keys,
                                                     const events::TenantId& tenant,
                                                     std::int64_t now_ms) const;
};

}  // namespace projections

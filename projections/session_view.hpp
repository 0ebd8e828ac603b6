#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/people.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct SessionItem {
    events::Uuid id;
    events::Uuid account;
    events::Digest token_sha256{};
    std::int64_t started_ms = 0;
    std::int64_t expires_ms = 0;
    std::optional<events::Uuid> credential;  // nothing: begun before sessions said so
};

// Log-ins that have not ended. One that is over stays until its account's next one in that company.
// Rows: 's' tenant 8 | session 16 -> SessionRow
//       'a' tenant 8 | account 16 -> AccountSessionsRow
class SessionView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "session"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage. Whether one is over is the
    // caller's business.
    events::Result<std::optional<SessionItem>> find(Store& store,
                                                    const events::TenantId& tenant,
                                                    const events::Uuid& session) const;
    // The oldest first.
    events::Result<std::vector<SessionItem>> of_account(Store& store,
                                                        const events::TenantId& tenant,
                                                        const events::Uuid& account) const;

  private:
    events::Status start(const Committed& committed,
                         const parlour::views::v1::SessionRow& row,
                         Rows& rows) const;
    events::Status end(const Committed& committed, Rows& rows) const;
};

}  // namespace projections

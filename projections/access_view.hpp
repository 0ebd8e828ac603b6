#pragma once

#include <vector>

#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/company/v1/events.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct ApiToken {
    events::Uuid id;
    std::vector<parlour::company::v1::Scope> scopes;  // as issued
};

// Which companies there are and which API tokens open them. Holds digests of tokens, never a token.
// Rows: 'c' tenant 8 -> CompanyRow
//       't' tenant 8 | SHA-256 of the token text 32 -> AccessRow, until it is revoked
//       'i' tenant 8 | token 16 -> SHA-256 of its text 32
class AccessView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "access"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage.
    // kNotFound when the company never issued such a token, or has revoked it.
    events::Result<ApiToken> find(Store& store,
                                  const events::TenantId& tenant,
                                  const events::Digest& token_sha256) const;
    // Whether the company was created.
    events::Result<bool> exists(Store& store, const events::TenantId& tenant) const;
};

}  // namespace projections

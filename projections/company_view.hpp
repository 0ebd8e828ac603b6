#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/company/v1/events.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct TermsItem {
    events::Personal document;  // empty when it was erased
    events::Personal version;
    std::string locale;
    std::string sha256;
    std::optional<events::Uuid> account;  // who accepted
    std::int64_t accepted_ms = 0;
};

struct CompanyProfile {
    events::Uuid id;
    events::Version version;               // of the company's stream, its members' as well
    std::optional<events::Personal> name;  // nothing when it was erased
    std::int64_t created_ms = 0;
    std::string time_zone;  // empty: unset; so also the next
    std::string locale;
    std::optional<TermsItem> terms;
    std::optional<parlour::company::v1::DataCollectionChanged> kept;  // nothing: never set
};

struct MemberItem {
    events::Uuid account;
    std::vector<parlour::company::v1::Role> roles;  // ascending, at least one
    bool locked = false;
    std::int64_t since_ms = 0;
};

struct TokenItem {
    events::Uuid id;
    std::optional<events::Personal> name;  // may be empty; nothing when it was erased
    std::vector<parlour::company::v1::Scope> scopes;
    std::int64_t issued_ms = 0;
};

// A company as its own people see it: itself, its members, its API tokens, the terms it accepted.
// The tokens' digests, by which a request is let in, are the access view's.
// Rows: 'c' tenant 8 -> CompanyProfileRow
//       'm' tenant 8 | account 16 -> MemberRow
//       't' tenant 8 | token 16 -> TokenRow, until it is revoked
//       'a' tenant 8 | version 8 of the acceptance -> TermsRow
class CompanyView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "company"; }
    [[nodiscard]] unsigned version() const override { return 3; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage. Nothing when there is none.
    events::Result<std::optional<CompanyProfile>> profile(Store& store,
                                                          events::KeyRing& keys,
                                                          const events::TenantId& tenant,
                                                          std::int64_t now_ms) const;
    events::Result<std::optional<MemberItem>> member(Store& store,
                                                     const events::TenantId& tenant,
                                                     const events::Uuid& account) const;
    events::Result<std::vector<MemberItem>> members(Store& store,
                                                    const events::TenantId& tenant) const;
    // The oldest first.
    events::Result<std::vector<TokenItem>> tokens(Store& store,
                                                  events::KeyRing& keys,
                                                  const events::TenantId& tenant,
                                                  std::int64_t now_ms) const;
    // Every acceptance of terms, the oldest first.
    events::Result<std::vector<TermsItem>> terms(Store& store,
                                                 events::KeyRing& keys,
                                                 const events::TenantId& tenant,
                                                 std::int64_t now_ms) const;
    // Every member of every company.
    events::Status each_member(
        Store& store,
        const std::function<void(const events::TenantId&, const events::Uuid&)>& visit) const;

  private:
    events::Status apply_event(const Committed& committed, int index, Rows& rows);
    parlour::company::v1::CompanyEvent event_;  // kept from call to call for its memory
};

}  // namespace projections

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
#include "parlour/account/v1/events.pb.h"
#include "parlour/views/v1/people.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct TokenByMail {
    events::Digest sha256{};
    std::int64_t valid_until_ms = 0;
    events::Uuid mail;
};

struct AccountItem {
    events::Uuid id;
    parlour::account::v1::AccountKind kind{};
    std::string locale;
    std::optional<events::TenantId> company;  // a customer's
    bool confirmed = false;
    bool expired = false;
    bool completed = false;
    bool locked = false;
    events::Uuid credential;
    std::int64_t password_since_ms = 0;        // when it was changed or reset last; 0: never
    std::optional<events::Uuid> kept_session;  // in which it was changed last
    std::int64_t confirm_before_ms = 0;
    std::optional<TokenByMail> confirmation;  // the newest
    std::optional<TokenByMail> reset;         // the newest, also when it was used
    std::vector<events::TenantId> companies;  // in the order in which they were linked
    [[nodiscard]] bool usable() const { return confirmed && !expired; }
};

struct PersonItem {
    events::Personal name;
    events::Personal email;
};

struct ReservationItem {
    events::TenantId holder_tenant;
    events::Uuid holder;
    bool confirmed = false;
};

// Accounts, and who holds which address, in the platform tenant; and which slug, in the company's.
// Rows: 'a' tenant 8 | account 16 -> AccountRow
//       'r' tenant 8 | reservation 16 -> ReservationRow, while it is held
class AccountView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "account"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage. Nothing when there is none.
    events::Result<std::optional<AccountItem>> find(Store& store,
                                                    const events::Uuid& account) const;
    // Nothing also when it was erased.
    events::Result<std::optional<PersonItem>> person(Store& store,
                                                     events::KeyRing& keys,
                                                     const events::Uuid& account,
                                                     std::int64_t now_ms) const;
    events::Result<std::optional<ReservationItem>> reservation(
        Store& store,
        const events::Uuid& reservation,
        const events::TenantId& tenant = events::kPlatformTenant) const;
    // Every account, in the order of their ids.
    events::Status each(Store& store, const std::function<void(const AccountItem&)>& visit) const;

  private:
    events::Status apply_account(const Committed& committed, Rows& rows) const;
    events::Status apply_reservation(const Committed& committed, Rows& rows) const;
};

}  // namespace projections

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/visitor/v1/events.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct ConsentItem {
    parlour::visitor::v1::ConsentKind kind{};
    events::Uuid widget;
    events::Version widget_version;  // 0: not recorded
    std::string policy_version;
    std::string policy_sha256;  // 32 bytes, or empty
    std::string locale;
    std::int64_t time_unix_ms = 0;
};

// What the company's own server vouches for.
struct VerifiedItem {
    events::Personal subject;
    events::Personal name;   // empty: not said
    events::Personal email;  // empty: not said
};

// Everything a visitor said, for the visitor. Nothing where nothing was said or it was erased.
struct VisitorItem {
    events::Version version;
    std::optional<events::Uuid> widget;  // nothing: known through an integrator only
    std::int64_t opened_unix_ms = 0;     // 0 likewise
    bool erased = false;
    std::optional<events::Personal> name;
    std::optional<events::Personal> email;
    std::optional<events::Personal> checked_in_name;
    std::optional<events::Personal> phone;
    std::optional<events::Personal> display_name;  // with age_years: the persona
    std::uint32_t age_years = 0;                   // 0: not said
    std::optional<VerifiedItem> verified;
    std::vector<ConsentItem> consents;  // oldest first
};

// Who the visitor is to the company's people: the persona and nothing else where there is one.
struct VisitorCardItem {
    bool erased = false;
    bool persona = false;
    std::optional<events::Personal> name;
    std::uint32_t age_years = 0;            // of a persona; 0: not said
    std::optional<events::Personal> email;  // never beside a persona
    std::optional<events::Personal> phone;  // never beside a persona
    // Never beside a persona, too: it vouches for the name behind it. Its name and address are the
    // ones above, as far as it says them.
    std::optional<VerifiedItem> verified;

    // Whether the name, or the lack of one, is what the company's server says.
    [[nodiscard]] bool is_vouched_for() const {
        return verified && (!name || !verified->name.empty());
    }
};

// Visitors, by what they said.
// Rows: 'v' tenant 8 | visitor 16 -> VisitorRow
//       'c' tenant 8 | ~seq 8 -> ConsentRow; 'd' tenant 8 | visitor 16 | ~seq 8 -> the same
//       'r' tenant 8 | ~seq 8 -> CheckInRow, of each visitor the last
// The lists are read by visitor_lists.hpp.
class VisitorCardView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "visitor-card"; }
    [[nodiscard]] unsigned version() const override { return 3; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kNotFound for a visitor who did nothing yet,
    // kDamaged, kStorage.
    // Whether the visitor did anything yet.
    events::Result<bool> knows(Store& store,
                               const events::TenantId& tenant,
                               const events::Uuid& visitor) const;
    events::Result<VisitorItem> own(Store& store,
                                    events::KeyRing& keys,
                                    const events::TenantId& tenant,
                                    const events::Uuid& visitor,
                                    std::int64_t now_ms) const;
    events::Result<VisitorCardItem> card(Store& store,
                                         events::KeyRing& keys,
                                         const events::TenantId& tenant,
                                         const events::Uuid& visitor,
                                         std::int64_t now_ms) const;
};

}  // namespace projections

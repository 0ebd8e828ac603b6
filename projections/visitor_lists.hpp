#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/visitor_rows.pb.h"
#include "projections/store.hpp"
#include "projections/visitor_card.hpp"

// Lists over the rows of the view of visitors: the register of consents, and who checked in. They
// name visitors by id and hold nothing personal. Queries: any thread; they read the disk;
// kInvalidArgument for a limit out of bounds, kDamaged, kStorage.
namespace projections {

inline constexpr std::size_t kVisitorListItemsMax = 200;

struct RegisteredConsent {
    events::Seq place;  // in the list; `before` of a request that goes on behind it
    events::Uuid visitor;
    ConsentItem consent;
};

struct ConsentPage {
    std::vector<RegisteredConsent> items;
    bool more = false;
};

struct ConsentRequest {
    std::optional<events::Uuid> visitor;  // nothing: every visitor of the company
    std::optional<events::Seq> before;    // nothing: from the top
    std::size_t limit = 0;                // 1 to kVisitorListItemsMax
};

// The last given first.
events::Result<ConsentPage> list_consents(Store& store,
                                          const VisitorCardView& view,
                                          const events::TenantId& tenant,
                                          const ConsentRequest& request);

struct CheckedIn {
    events::Seq place;
    events::Uuid visitor;
    std::int64_t time_unix_ms = 0;  // when last
};

struct CheckInPage {
    std::vector<CheckedIn> items;
    bool more = false;
};

struct CheckInRequest {
    std::optional<events::Seq> before;
    std::size_t limit = 0;
};

// Who checked in last first, nobody twice.
events::Result<CheckInPage> list_check_ins(Store& store,
                                           const VisitorCardView& view,
                                           const events::TenantId& tenant,
                                           const CheckInRequest& request);

// For the view's own use: what a row tells of a consent (kDamaged), and the keys of the lists.
events::Result<ConsentItem> consent_item(const parlour::views::v1::ConsentRow& row);
std::string consent_key(const events::TenantId& tenant, events::Seq seq);
std::string visitor_consent_key(const events::TenantId& tenant,
                                std::string_view visitor,
                                events::Seq seq);
std::string check_in_key(const events::TenantId& tenant, events::Seq seq);

}  // namespace projections

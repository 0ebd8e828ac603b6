#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/widget/v1/events.pb.h"
#include "projections/file_ref.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct AllowedDomain {
    events::Uuid id;
    std::string domain;  // as the company's log has it
};

struct IdentitySecretItem {
    events::Uuid id;
    std::int64_t issued_ms = 0;
};

// A widget with its texts unsealed; all texts are empty where the company was erased.
struct WidgetItem {
    events::Uuid id;
    events::Uuid key;
    events::Version version;  // of the newest event: who knows it knows the widget
    bool erased = false;
    events::Personal name;
    parlour::widget::v1::WidgetSettingsChanged settings;
    parlour::widget::v1::BrandingChanged branding;
    std::vector<parlour::widget::v1::SearchCriterion> criteria;
    std::vector<AllowedDomain> domains;
    std::vector<events::Uuid> experts;  // ascending
    std::optional<FileRef> logo;
    std::vector<IdentitySecretItem> identity_secrets;  // in force, oldest first
    bool identity_required = false;
};

// Widgets, what browsers call them, which sites may show them and whom they show.
// Rows: 'w' tenant 8 | widget 16 -> WidgetRow
//       'k' tenant 8 | key 16 -> widget 16; of keys in force only
//       'd' tenant 8 | widget 16 | domain id 16 -> SealedEvent
//       'x' tenant 8 | widget 16 | expert 16 -> "1"
class WidgetView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "widget"; }
    [[nodiscard]] unsigned version() const override { return 3; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kNotFound for a widget or key there is not,
    // kDamaged, kStorage.
    events::Result<events::Uuid> find_key(Store& store,
                                          const events::TenantId& tenant,
                                          const events::Uuid& key) const;
    events::Result<events::Version> newest(Store& store,
                                           const events::TenantId& tenant,
                                           const events::Uuid& widget) const;
    events::Result<WidgetItem> read(Store& store,
                                    events::KeyRing& keys,
                                    const events::TenantId& tenant,
                                    const events::Uuid& widget,
                                    std::int64_t now_ms) const;
    // Whether the widget shows the expert; false for a widget there is not.
    events::Result<bool> shows(Store& store,
                               const events::TenantId& tenant,
                               const events::Uuid& widget,
                               const events::Uuid& expert) const;
    // Of the logos of all widgets but one.
    events::Result<std::uint64_t> picture_bytes(Store& store,
                                                const events::TenantId& tenant,
                                                const events::Uuid& but) const;
    // At most `limit` widgets behind `after`, by id.
    events::Result<std::vector<events::Uuid>> list(Store& store,
                                                   const events::TenantId& tenant,
                                                   const std::optional<events::Uuid>& after,
                                                   std::size_t limit) const;
};

}  // namespace projections

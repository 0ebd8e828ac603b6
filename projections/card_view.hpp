#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/expert/v1/events.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct CardItem {
    bool published = false;
    events::Uuid slug_id;                  // of the newest slug
    std::optional<events::Personal> slug;  // nothing when it was erased
};

// Where the cards of experts are. What a card shows, and whether its expert can still be asked, is
// the directory's. Rows: 'c' tenant 8 | expert 16 -> CardRow, once it was published
//       's' tenant 8 | slug id 16 -> expert 16, of every slug there ever was
class CardView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "card"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage. Nothing when there is none.
    events::Result<std::optional<CardItem>> find(Store& store,
                                                 events::KeyRing& keys,
                                                 const events::TenantId& tenant,
                                                 const events::Uuid& expert,
                                                 std::int64_t now_ms) const;
    // Whose slug it is or was.
    events::Result<std::optional<events::Uuid>> expert_of(Store& store,
                                                          const events::TenantId& tenant,
                                                          const events::Uuid& slug_id) const;

  private:
    parlour::expert::v1::ExpertEvent event_;  // kept from call to call for its memory
};

}  // namespace projections

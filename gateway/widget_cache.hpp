#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "gateway/domain_pattern.hpp"
#include "projections/store.hpp"
#include "projections/widget_view.hpp"

// Widgets as visitors' browsers ask for them, again and again: unsealed once for each version, for
// at most the lease of a key, so that what was erased goes from here too. Any thread; reads the
// disk, so call it on the pool.
namespace gateway {

inline constexpr std::size_t kKnownWidgetsMax = 1'000;

struct KnownWidget {
    events::TenantId tenant;
    projections::WidgetItem item;
    std::vector<DomainPattern> domains;

    // Whether the widget shows that expert.
    [[nodiscard]] bool shows(const events::Uuid& expert) const;
};

class WidgetCache {
  public:
    // All borrowed; they outlive the cache.
    WidgetCache(projections::Store& store,
                events::KeyRing& keys,
                const projections::WidgetView& view)
        : store_(store), keys_(keys), view_(view) {}

    // kNotFound for a widget there is not, and for one whose company was erased; kDamaged,
    // kStorage.
    using Found = events::Result<std::shared_ptr<const KnownWidget>>;
    Found by_id(const events::TenantId& tenant, const events::Uuid& widget, std::int64_t now_ms);
    // By what stands in the page: TENANT-wgk-HEX. kNotFound also for a key that was replaced.
    Found by_key(std::string_view public_key, std::int64_t now_ms);

  private:
    struct Entry {
        std::shared_ptr<const KnownWidget> widget;
        std::int64_t until_ms = 0;
    };
    projections::Store& store_;
    events::KeyRing& keys_;
    const projections::WidgetView& view_;
    std::mutex mutex_;
    std::map<std::pair<events::TenantId, events::Uuid>, Entry> known_;  // under mutex_
};

inline constexpr std::string_view kWidgetKeyTag = "wgk";

}  // namespace gateway

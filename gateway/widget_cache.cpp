#include "gateway/widget_cache.hpp"

#include <algorithm>

namespace gateway {

using events::Errc;
using events::fail;

bool KnownWidget::shows(const events::Uuid& expert) const {
    return std::ranges::binary_search(item.experts, expert);
}

WidgetCache::Found WidgetCache::by_id(const events::TenantId& tenant,
                                      const events::Uuid& widget,
                                      std::int64_t now_ms) {
    const auto newest = view_.newest(store_, tenant, widget);
    if (!newest) return std::unexpected(newest.error());
    const auto key = std::pair(tenant, widget);
    {
        const std::lock_guard lock(mutex_);
        const auto known = known_.find(key);
        if (known != known_.end() && now_ms < known->second.until_ms &&
            known->second.widget->item.version == *newest) {
            return known->second.widget;
        }
    }
    auto item = view_.read(store_, keys_, tenant, widget, now_ms);
    if (!item) return std::unexpected(item.error());
    if (item->erased) return fail(Errc::kNotFound, "the widget was erased");
    const auto made = std::make_shared<KnownWidget>();
    made->tenant = tenant;
    made->item = std::move(*item);
    for (const auto& allowed : made->item.domains) {
        auto domain = parse_domain(allowed.domain);
        if (domain) made->domains.push_back(std::move(*domain));
    }
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kKnownWidgetsMax) known_.clear();
    known_.insert_or_assign(key, Entry{.widget = made, .until_ms = now_ms + events::kKeyLeaseMs});
    return made;
}

WidgetCache::Found WidgetCache::by_key(std::string_view public_key, std::int64_t now_ms) {
    const auto parsed = events::parse_public_id(public_key);
    if (!parsed || parsed->tag != kWidgetKeyTag) return fail(Errc::kNotFound, "no widget key");
    const auto widget = view_.find_key(store_, parsed->tenant, parsed->uuid);
    if (!widget) return std::unexpected(widget.error());
    return by_id(parsed->tenant, *widget, now_ms);
}

}  // namespace gateway

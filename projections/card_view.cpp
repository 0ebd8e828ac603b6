#include "projections/card_view.hpp"

#include <utility>

#include "parlour/views/v1/expert_rows.pb.h"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Result;
using events::Status;
using events::Uuid;
using parlour::expert::v1::ExpertEvent;
using parlour::views::v1::CardRow;

constexpr char kCardRow = 'c';
constexpr char kSlugRow = 's';
constexpr auto kExpertKind = parlour::log::v1::STREAM_KIND_EXPERT;

std::string card_key(const events::CommitMeta& meta) {
    return row_key(kCardRow, meta.tenant, meta.stream.uuid.view());
}

Status move(const Committed& committed, int index, const std::string& slug_id, Rows& rows) {
    const auto& meta = committed.opened.meta;
    CardRow row;
    row.set_published(true);
    row.set_slug_id(slug_id);
    keep_sealed(committed, index, *row.mutable_slug());
    rows.put(card_key(meta), row.SerializeAsString());
    rows.put(row_key(kSlugRow, meta.tenant, slug_id), meta.stream.uuid.view());
    return {};
}

Status hide(const Committed& committed, Rows& rows) {
    const auto key = card_key(committed.opened.meta);
    auto row = get_row<CardRow>(rows, key);
    if (!row) return std::unexpected(row.error());
    if (!*row) return fail(Errc::kDamaged, "a card goes that never was");
    (*row)->set_published(false);
    rows.put(key, (*row)->SerializeAsString());
    return {};
}

Status apply_one(const Committed& committed, int index, const ExpertEvent& event, Rows& rows) {
    switch (event.body_case()) {
        case ExpertEvent::kCardPublished:
            return move(committed, index, event.card_published().slug_id(), rows);
        case ExpertEvent::kCardSlugChanged:
            return move(committed, index, event.card_slug_changed().slug_id(), rows);
        case ExpertEvent::kCardUnpublished:
            return hide(committed, rows);
        case ExpertEvent::kExpertAdded:
        case ExpertEvent::kExpertInvited:
        case ExpertEvent::kExpertJoined:
        case ExpertEvent::kExpertDeactivated:
        case ExpertEvent::kExpertReactivated:
        case ExpertEvent::kProfileChanged:
        case ExpertEvent::kExpertTagged:
        case ExpertEvent::kExpertUntagged:
        case ExpertEvent::kExpertChannelEnabled:
        case ExpertEvent::kExpertChannelDisabled:
        case ExpertEvent::kPhotoStored:
        case ExpertEvent::kPhotoRemoved:
        case ExpertEvent::kConversationCapacityChanged:
            return {};
        case ExpertEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "an expert event without a body");
}

}  // namespace

Status CardView::apply(const Committed& committed, Rows& rows) {
    if (committed.opened.meta.stream.kind != kExpertKind) return {};
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event_); !read) return read;
        if (auto applied = apply_one(committed, i, event_, rows); !applied) return applied;
    }
    return {};
}

Result<std::optional<CardItem>> CardView::find(Store& store,
                                               events::KeyRing& keys,
                                               const events::TenantId& tenant,
                                               const Uuid& expert,
                                               std::int64_t now_ms) const {
    const auto row = get_row<CardRow>(store, *this, row_key(kCardRow, tenant, expert.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    const auto slug_id = id_in_row<Uuid>((*row)->slug_id());
    if (!slug_id) return std::unexpected(slug_id.error());
    CardItem item{.published = (*row)->published(), .slug_id = *slug_id, .slug = std::nullopt};
    Unsealer unsealer(keys, now_ms);
    ExpertEvent event;
    const auto opened =
        unsealer.open(tenant, {.kind = kExpertKind, .uuid = expert}, (*row)->slug(), event);
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return std::optional(std::move(item));
    item.slug.emplace(std::move(event.has_card_published()
                                    ? *event.mutable_card_published()->mutable_slug()
                                    : *event.mutable_card_slug_changed()->mutable_slug()));
    return std::optional(std::move(item));
}

Result<std::optional<Uuid>> CardView::expert_of(Store& store,
                                                const events::TenantId& tenant,
                                                const Uuid& slug_id) const {
    const auto found = store.get(*this, row_key(kSlugRow, tenant, slug_id.view()));
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    const auto expert = id_in_row<Uuid>(**found);
    if (!expert) return std::unexpected(expert.error());
    return std::optional(*expert);
}

}  // namespace projections

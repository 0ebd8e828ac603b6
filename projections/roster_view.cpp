#include "projections/roster_view.hpp"

#include <algorithm>
#include <utility>

#include "parlour/expert/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Result;
using events::Status;
using events::TenantId;
using events::Uuid;
using parlour::expert::v1::ExpertEvent;
using parlour::invitation::v1::InvitationEvent;
using parlour::views::v1::RosterRow;

constexpr char kExpertRow = 'e';
constexpr char kAccountRow = 'a';
constexpr char kInvitationRow = 'i';
constexpr auto kExpertKind = parlour::log::v1::STREAM_KIND_EXPERT;

RosterItem item_of(const Uuid& expert, const RosterRow& row) {
    return {.expert = expert,
            .state = row.state(),
            .deactivated = row.deactivated(),
            .account = Uuid::from_bytes(row.account_id()),
            .invitation = Uuid::from_bytes(row.invitation_id()),
            .added_ms = row.added().time_unix_ms(),
            .name = std::nullopt,
            .email = std::nullopt};
}

// The same with name and address, unless they were erased.
Result<RosterItem> open_item(Unsealer& unsealer,
                             const TenantId& tenant,
                             const Uuid& expert,
                             const RosterRow& row) {
    RosterItem item = item_of(expert, row);
    ExpertEvent event;
    const auto opened =
        unsealer.open(tenant, {.kind = kExpertKind, .uuid = expert}, row.added(), event);
    if (!opened) return std::unexpected(opened.error());
    if (*opened) {
        auto& added = *event.mutable_expert_added();
        item.name.emplace(std::move(*added.mutable_name()));
        item.email.emplace(std::move(*added.mutable_email()));
    }
    return item;
}

}  // namespace

Status RosterView::apply(const Committed& committed, Rows& rows) {
    const auto kind = committed.opened.meta.stream.kind;
    if (kind == kExpertKind) return apply_expert(committed, rows);
    if (kind == parlour::log::v1::STREAM_KIND_INVITATION) return apply_invitation(committed, rows);
    return {};
}

Status RosterView::apply_invitation(const Committed& committed, Rows& rows) const {
    InvitationEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case InvitationEvent::kInvitationWithdrawn:
            case InvitationEvent::kInvitationExpired:
                if (auto lapsed = lapse(committed.opened.meta, rows); !lapsed) return lapsed;
                break;
            case InvitationEvent::kInvitationSent:
            case InvitationEvent::kInvitationAccepted:
                break;
            case InvitationEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "an invitation event without a body");
        }
    }
    return {};
}

// Whoever was invited by that invitation, if it was an expert.
Status RosterView::lapse(const events::CommitMeta& invitation, Rows& rows) const {
    const auto expert =
        rows.get(row_key(kInvitationRow, invitation.tenant, invitation.stream.uuid.view()));
    if (!expert) return std::unexpected(expert.error());
    if (!*expert) return {};
    const std::string key = row_key(kExpertRow, invitation.tenant, **expert);
    auto row = get_row<RosterRow>(rows, key);
    if (!row) return std::unexpected(row.error());
    if (!*row || (*row)->state() != parlour::views::v1::ROSTER_STATE_INVITED) return {};
    (*row)->set_state(parlour::views::v1::ROSTER_STATE_LAPSED);
    rows.put(key, (*row)->SerializeAsString());
    return {};
}

Status RosterView::apply_expert(const Committed& committed, Rows& rows) const {
    const auto& meta = committed.opened.meta;
    const std::string key = row_key(kExpertRow, meta.tenant, meta.stream.uuid.view());
    auto found = get_row<RosterRow>(rows, key);
    if (!found) return std::unexpected(found.error());
    RosterRow row = std::move(*found).value_or(RosterRow{});
    ExpertEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case ExpertEvent::kExpertAdded:
                keep_sealed(committed, i, *row.mutable_added());
                row.set_state(parlour::views::v1::ROSTER_STATE_ADDED);
                break;
            case ExpertEvent::kExpertInvited:
                row.set_state(parlour::views::v1::ROSTER_STATE_INVITED);
                row.set_invitation_id(event.expert_invited().invitation_id());
                rows.put(row_key(kInvitationRow, meta.tenant, row.invitation_id()),
                         meta.stream.uuid.view());
                break;
            case ExpertEvent::kExpertJoined:
                row.set_state(parlour::views::v1::ROSTER_STATE_JOINED);
                row.set_account_id(event.expert_joined().account_id());
                rows.put(row_key(kAccountRow, meta.tenant, row.account_id()),
                         meta.stream.uuid.view());
                break;
            case ExpertEvent::kExpertDeactivated:
                row.set_deactivated(true);
                break;
            case ExpertEvent::kExpertReactivated:
                row.set_deactivated(false);
                break;
            case ExpertEvent::kProfileChanged:
            case ExpertEvent::kExpertTagged:
            case ExpertEvent::kExpertUntagged:
            case ExpertEvent::kExpertChannelEnabled:
            case ExpertEvent::kExpertChannelDisabled:
            case ExpertEvent::kPhotoStored:
            case ExpertEvent::kPhotoRemoved:
            case ExpertEvent::kConversationCapacityChanged:
            case ExpertEvent::kCardPublished:
            case ExpertEvent::kCardUnpublished:
            case ExpertEvent::kCardSlugChanged:
                break;
            case ExpertEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "an expert event without a body");
        }
    }
    rows.put(key, row.SerializeAsString());
    return {};
}

Result<std::optional<RosterItem>> RosterView::find(Store& store,
                                                   const TenantId& tenant,
                                                   const Uuid& expert) const {
    const auto row = get_row<RosterRow>(store, *this, row_key(kExpertRow, tenant, expert.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    return std::optional(item_of(expert, **row));
}

Result<std::optional<RosterItem>> RosterView::of_account(Store& store,
                                                         const TenantId& tenant,
                                                         const Uuid& account) const {
    const auto bytes = store.get(*this, row_key(kAccountRow, tenant, account.view()));
    if (!bytes) return std::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    const auto expert = id_in_row<Uuid>(**bytes);
    if (!expert) return std::unexpected(expert.error());
    return find(store, tenant, *expert);
}

Result<std::optional<RosterItem>> RosterView::person(Store& store,
                                                     events::KeyRing& keys,
                                                     const TenantId& tenant,
                                                     const Uuid& expert,
                                                     std::int64_t now_ms) const {
    const auto row = get_row<RosterRow>(store, *this, row_key(kExpertRow, tenant, expert.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    Unsealer unsealer(keys, now_ms);
    auto item = open_item(unsealer, tenant, expert, **row);
    if (!item) return std::unexpected(item.error());
    return std::optional(*std::move(item));
}

Result<std::vector<RosterItem>> RosterView::list(Store& store,
                                                 events::KeyRing& keys,
                                                 const TenantId& tenant,
                                                 std::int64_t now_ms) const {
    Unsealer unsealer(keys, now_ms);
    const auto make = [&](std::string_view key, const RosterRow& row) -> Result<RosterItem> {
        const auto expert = id_in_row<Uuid>(key);
        if (!expert) return std::unexpected(expert.error());
        return open_item(unsealer, tenant, *expert, row);
    };
    auto items = list_rows<RosterRow, RosterItem>(store, *this, row_key(kExpertRow, tenant), make);
    if (items) {
        std::ranges::sort(*items, {}, [](const RosterItem& item) {
            return std::pair(item.added_ms, item.expert);
        });
    }
    return items;
}

}  // namespace projections

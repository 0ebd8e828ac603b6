#include "projections/invitation_view.hpp"

#include <algorithm>
#include <utility>

#include "parlour/invitation/v1/events.pb.h"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Personal;
using events::Result;
using events::Status;
using events::TenantId;
using events::Uuid;
using parlour::invitation::v1::InvitationEvent;
using parlour::views::v1::InvitationRow;

constexpr char kInvitationRow = 'i';
constexpr auto kInvitationKind = parlour::log::v1::STREAM_KIND_INVITATION;

void send(const Committed& committed, int index, const InvitationEvent& event, InvitationRow& row) {
    const auto& sent = event.invitation_sent();
    keep_sealed(committed, index, *row.mutable_sent());
    *row.mutable_roles() = sent.roles();
    row.set_locale(sent.locale());
    row.mutable_token()->set_sha256(sent.token_sha256());
    row.mutable_token()->set_valid_until_unix_ms(sent.valid_until_unix_ms());
    row.mutable_token()->set_mail_id(sent.mail_id());
    row.set_expert_id(sent.expert_id());
    row.set_state(parlour::views::v1::INVITATION_STATE_OPEN);
}

Result<InvitationItem> item_of(const TenantId& tenant,
                               const Uuid& id,
                               const InvitationRow& row,
                               Unsealer& unsealer) {
    InvitationItem item;
    item.id = id;
    for (const int role : row.roles()) {
        item.roles.push_back(static_cast<parlour::company::v1::Role>(role));
    }
    item.locale = row.locale();
    if (row.token().sha256().size() != item.token_sha256.size()) {
        return fail(Errc::kDamaged, "the digest of an invitation's token is not 32 bytes");
    }
    std::ranges::copy(row.token().sha256(), item.token_sha256.begin());
    item.sent_ms = row.sent().time_unix_ms();
    item.valid_until_ms = row.token().valid_until_unix_ms();
    item.mail = Uuid::from_bytes(row.token().mail_id());
    item.expert = Uuid::from_bytes(row.expert_id());
    item.state = row.state();
    item.account = Uuid::from_bytes(row.account_id());
    InvitationEvent event;
    const auto opened =
        unsealer.open(tenant, {.kind = kInvitationKind, .uuid = id}, row.sent(), event);
    if (!opened) return std::unexpected(opened.error());
    if (*opened) {
        auto& sent = *event.mutable_invitation_sent();
        item.name.emplace(std::move(*sent.mutable_name()));
        item.email.emplace(std::move(*sent.mutable_email()));
    }
    return item;
}

}  // namespace

Status InvitationView::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != kInvitationKind) return {};
    const std::string key = row_key(kInvitationRow, meta.tenant, meta.stream.uuid.view());
    auto found = get_row<InvitationRow>(rows, key);
    if (!found) return std::unexpected(found.error());
    InvitationRow row = std::move(*found).value_or(InvitationRow{});
    InvitationEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case InvitationEvent::kInvitationSent:
                send(committed, i, event, row);
                break;
            case InvitationEvent::kInvitationAccepted:
                row.set_state(parlour::views::v1::INVITATION_STATE_ACCEPTED);
                row.set_account_id(event.invitation_accepted().account_id());
                break;
            case InvitationEvent::kInvitationWithdrawn:
                row.set_state(parlour::views::v1::INVITATION_STATE_WITHDRAWN);
                break;
            case InvitationEvent::kInvitationExpired:
                row.set_state(parlour::views::v1::INVITATION_STATE_EXPIRED);
                break;
            case InvitationEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "an invitation event without a body");
        }
    }
    rows.put(key, row.SerializeAsString());
    return {};
}

Result<std::optional<InvitationItem>> InvitationView::find(Store& store,
                                                           events::KeyRing& keys,
                                                           const TenantId& tenant,
                                                           const Uuid& invitation,
                                                           std::int64_t now_ms) const {
    const auto row =
        get_row<InvitationRow>(store, *this, row_key(kInvitationRow, tenant, invitation.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    Unsealer unsealer(keys, now_ms);
    auto item = item_of(tenant, invitation, **row, unsealer);
    if (!item) return std::unexpected(item.error());
    return std::optional(*std::move(item));
}

Result<std::vector<InvitationItem>> InvitationView::list(Store& store,
                                                         events::KeyRing& keys,
                                                         const TenantId& tenant,
                                                         std::int64_t now_ms) const {
    Unsealer unsealer(keys, now_ms);
    const auto make = [&](std::string_view key,
                          const InvitationRow& row) -> Result<InvitationItem> {
        const auto id = id_in_row<Uuid>(key);
        if (!id) return std::unexpected(id.error());
        return item_of(tenant, *id, row, unsealer);
    };
    auto items = list_rows<InvitationRow, InvitationItem>(
        store, *this, row_key(kInvitationRow, tenant), make);
    if (items) {
        std::ranges::sort(*items, {}, [](const InvitationItem& item) {
            return std::pair(item.sent_ms, item.id);
        });
    }
    return items;
}

}  // namespace projections

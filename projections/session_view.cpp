#include "projections/session_view.hpp"

#include <algorithm>

#include "parlour/session/v1/events.pb.h"
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
using parlour::session::v1::SessionEvent;
using parlour::views::v1::AccountSessionsRow;
using parlour::views::v1::SessionRow;

constexpr char kSessionRow = 's';
constexpr char kAccountRow = 'a';

Result<SessionItem> item_of(const Uuid& id, const SessionRow& row) {
    const auto account = id_in_row<Uuid>(row.account_id());
    if (!account) return std::unexpected(account.error());
    SessionItem item{.id = id,
                     .account = *account,
                     .token_sha256 = {},
                     .started_ms = row.started_unix_ms(),
                     .expires_ms = row.expires_unix_ms(),
                     .credential = Uuid::from_bytes(row.credential_id())};
    if (row.token_sha256().size() != item.token_sha256.size()) {
        return fail(Errc::kDamaged, "the digest of a session's token is not 32 bytes");
    }
    std::ranges::copy(row.token_sha256(), item.token_sha256.begin());
    return item;
}

// The list without what `gone` says.
template <class Gone>
Status keep_list(Rows& rows, const std::string& key, AccountSessionsRow list, Gone gone) {
    auto& ids = *list.mutable_session_ids();
    ids.erase(std::remove_if(ids.begin(), ids.end(), gone), ids.end());
    if (ids.empty()) {
        rows.erase(key);
    } else {
        rows.put(key, list.SerializeAsString());
    }
    return {};
}

}  // namespace

Status SessionView::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_SESSION) return {};
    SessionEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        Status applied;
        switch (event.body_case()) {
            case SessionEvent::kSessionStarted: {
                SessionRow row;
                row.set_account_id(event.session_started().account_id());
                row.set_token_sha256(event.session_started().token_sha256());
                row.set_started_unix_ms(meta.time_unix_ms);
                row.set_expires_unix_ms(event.session_started().expires_unix_ms());
                row.set_credential_id(event.session_started().credential_id());
                applied = start(committed, row, rows);
                break;
            }
            case SessionEvent::kSessionEnded:
                applied = end(committed, rows);
                break;
            case SessionEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "a session event without a body");
        }
        if (!applied) return applied;
    }
    return {};
}

Status SessionView::start(const Committed& committed, const SessionRow& row, Rows& rows) const {
    const auto& meta = committed.opened.meta;
    const std::string key = row_key(kAccountRow, meta.tenant, row.account_id());
    const auto found = get_row<AccountSessionsRow>(rows, key);
    if (!found) return std::unexpected(found.error());
    AccountSessionsRow list = found->value_or(AccountSessionsRow{});
    AccountSessionsRow kept;
    for (const auto& id : list.session_ids()) {
        const std::string other_key = row_key(kSessionRow, meta.tenant, id);
        const auto other = get_row<SessionRow>(rows, other_key);
        if (!other) return std::unexpected(other.error());
        if (*other && (*other)->expires_unix_ms() > meta.time_unix_ms) {
            kept.add_session_ids(id);
        } else {
            rows.erase(other_key);
        }
    }
    kept.add_session_ids(std::string(meta.stream.uuid.view()));
    rows.put(key, kept.SerializeAsString());
    rows.put(row_key(kSessionRow, meta.tenant, meta.stream.uuid.view()), row.SerializeAsString());
    return {};
}

Status SessionView::end(const Committed& committed, Rows& rows) const {
    const auto& meta = committed.opened.meta;
    const std::string own_key = row_key(kSessionRow, meta.tenant, meta.stream.uuid.view());
    const auto own = get_row<SessionRow>(rows, own_key);
    if (!own) return std::unexpected(own.error());
    if (!*own) return {};
    rows.erase(own_key);
    const std::string key = row_key(kAccountRow, meta.tenant, (*own)->account_id());
    const auto list = get_row<AccountSessionsRow>(rows, key);
    if (!list) return std::unexpected(list.error());
    if (!*list) return {};
    return keep_list(
        rows, key, **list, [&](const std::string& id) { return id == meta.stream.uuid.view(); });
}

Result<std::optional<SessionItem>> SessionView::find(Store& store,
                                                     const events::TenantId& tenant,
                                                     const Uuid& session) const {
    const auto row =
        get_row<SessionRow>(store, *this, row_key(kSessionRow, tenant, session.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    auto item = item_of(session, **row);
    if (!item) return std::unexpected(item.error());
    return std::optional(*item);
}

Result<std::vector<SessionItem>> SessionView::of_account(Store& store,
                                                         const events::TenantId& tenant,
                                                         const Uuid& account) const {
    const auto list =
        get_row<AccountSessionsRow>(store, *this, row_key(kAccountRow, tenant, account.view()));
    if (!list) return std::unexpected(list.error());
    std::vector<SessionItem> items;
    if (!*list) return items;
    for (const auto& bytes : (*list)->session_ids()) {
        const auto id = id_in_row<Uuid>(bytes);
        if (!id) return std::unexpected(id.error());
        const auto item = find(store, tenant, *id);
        if (!item) return std::unexpected(item.error());
        if (*item) items.push_back(**item);
    }
    return items;
}

}  // namespace projections

#include "projections/account_view.hpp"

#include <algorithm>

#include "parlour/reservation/v1/events.pb.h"
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
using parlour::account::v1::AccountEvent;
using parlour::reservation::v1::ReservationEvent;
using parlour::views::v1::AccountRow;
using parlour::views::v1::ReservationRow;

constexpr char kAccountRow = 'a';
constexpr char kReservationRow = 'r';
constexpr auto kAccountKind = parlour::log::v1::STREAM_KIND_ACCOUNT;

template <class Requested>
void write_token(const Requested& requested, parlour::views::v1::MailedToken& into) {
    into.set_sha256(requested.token_sha256());
    into.set_valid_until_unix_ms(requested.valid_until_unix_ms());
    into.set_mail_id(requested.mail_id());
}

std::optional<TokenByMail> read_token(bool there, const parlour::views::v1::MailedToken& from) {
    TokenByMail token{.sha256 = {}, .valid_until_ms = from.valid_until_unix_ms(), .mail = {}};
    if (!there || from.sha256().size() != token.sha256.size()) return std::nullopt;
    std::ranges::copy(from.sha256(), token.sha256.begin());
    token.mail = Uuid::from_bytes(from.mail_id()).value_or(Uuid{});
    return token;
}

void unlink(AccountRow& row, const std::string& company) {
    auto& companies = *row.mutable_companies();
    companies.erase(std::remove(companies.begin(), companies.end(), company), companies.end());
}

void replace_password(AccountRow& row,
                      const std::string& credential,
                      const std::string& kept_session,
                      std::int64_t at_ms) {
    row.set_credential_id(credential);
    row.set_kept_session_id(kept_session);
    row.set_password_since_unix_ms(at_ms);
}

// All but the registration, which makes the row.
Status change(const AccountEvent& event, std::int64_t at_ms, AccountRow& row) {
    switch (event.body_case()) {
        case AccountEvent::kEmailConfirmationRequested:
            write_token(event.email_confirmation_requested(), *row.mutable_confirmation());
            return {};
        case AccountEvent::kEmailConfirmed:
            row.set_confirmed(true);
            return {};
        case AccountEvent::kConfirmationExpired:
            row.set_expired(true);
            return {};
        case AccountEvent::kRegistrationCompleted:
            row.set_completed(true);
            return {};
        case AccountEvent::kPasswordChanged:
            replace_password(row,
                             event.password_changed().credential_id(),
                             event.password_changed().kept_session_id(),
                             at_ms);
            return {};
        case AccountEvent::kPasswordResetRequested:
            write_token(event.password_reset_requested(), *row.mutable_reset());
            return {};
        case AccountEvent::kPasswordReset:
            replace_password(row, event.password_reset().credential_id(), {}, at_ms);
            return {};
        case AccountEvent::kAccountLocked:
            row.set_locked(true);
            return {};
        case AccountEvent::kAccountUnlocked:
            row.set_locked(false);
            return {};
        case AccountEvent::kCompanyLinked:
            unlink(row, event.company_linked().company_tenant());
            row.add_companies(event.company_linked().company_tenant());
            return {};
        case AccountEvent::kCompanyUnlinked:
            unlink(row, event.company_unlinked().company_tenant());
            return {};
        case AccountEvent::kAccountRegistered:
        case AccountEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "an account event without a body");
}

AccountRow registered(const Committed& committed, int index, const AccountEvent& event) {
    const auto& from = event.account_registered();
    AccountRow row;
    keep_sealed(committed, index, *row.mutable_registered());
    row.set_kind(from.kind());
    row.set_locale(from.locale());
    row.set_company_tenant(from.company_tenant());
    row.set_credential_id(from.credential_id());
    row.set_confirm_before_unix_ms(from.confirm_before_unix_ms());
    return row;
}

Result<AccountItem> item_of(const Uuid& id, const AccountRow& row) {
    const auto credential = id_in_row<Uuid>(row.credential_id());
    if (!credential) return std::unexpected(credential.error());
    AccountItem item{.id = id,
                     .kind = row.kind(),
                     .locale = row.locale(),
                     .company = TenantId::from_bytes(row.company_tenant()),
                     .confirmed = row.confirmed(),
                     .expired = row.expired(),
                     .completed = row.completed(),
                     .locked = row.locked(),
                     .credential = *credential,
                     .password_since_ms = row.password_since_unix_ms(),
                     .kept_session = Uuid::from_bytes(row.kept_session_id()),
                     .confirm_before_ms = row.confirm_before_unix_ms(),
                     .confirmation = read_token(row.has_confirmation(), row.confirmation()),
                     .reset = read_token(row.has_reset(), row.reset()),
                     .companies = {}};
    for (const auto& company : row.companies()) {
        const auto tenant = id_in_row<TenantId>(company);
        if (!tenant) return std::unexpected(tenant.error());
        item.companies.push_back(*tenant);
    }
    return item;
}

std::string account_key(const Uuid& account) {
    return row_key(kAccountRow, events::kPlatformTenant, account.view());
}

}  // namespace

Status AccountView::apply(const Committed& committed, Rows& rows) {
    const auto kind = committed.opened.meta.stream.kind;
    if (kind == kAccountKind) return apply_account(committed, rows);
    if (kind == parlour::log::v1::STREAM_KIND_RESERVATION)
        return apply_reservation(committed, rows);
    return {};
}

Status AccountView::apply_account(const Committed& committed, Rows& rows) const {
    const auto& meta = committed.opened.meta;
    const std::string key = row_key(kAccountRow, meta.tenant, meta.stream.uuid.view());
    auto row = get_row<AccountRow>(rows, key);
    if (!row) return std::unexpected(row.error());
    AccountEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        if (event.has_account_registered()) {
            *row = registered(committed, i, event);
            continue;
        }
        if (!*row) return fail(Errc::kDamaged, "an account begins without its registration");
        if (auto changed = change(event, meta.time_unix_ms, **row); !changed) return changed;
    }
    if (*row) rows.put(key, (*row)->SerializeAsString());
    return {};
}

Status AccountView::apply_reservation(const Committed& committed, Rows& rows) const {
    const auto& meta = committed.opened.meta;
    const std::string key = row_key(kReservationRow, meta.tenant, meta.stream.uuid.view());
    auto found = get_row<ReservationRow>(rows, key);
    if (!found) return std::unexpected(found.error());
    ReservationRow row = std::move(*found).value_or(ReservationRow{});
    ReservationEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case ReservationEvent::kReserved:
                row.set_holder_tenant(event.reserved().holder_tenant());
                row.set_holder_id(event.reserved().holder_id());
                break;
            case ReservationEvent::kReservationConfirmed:
                row.set_confirmed(true);
                break;
            case ReservationEvent::kReservationReleased:
                row.Clear();
                break;
            case ReservationEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "a reservation event without a body");
        }
    }
    if (row.holder_id().empty()) {
        rows.erase(key);
    } else {
        rows.put(key, row.SerializeAsString());
    }
    return {};
}

Result<std::optional<AccountItem>> AccountView::find(Store& store, const Uuid& account) const {
    const auto row = get_row<AccountRow>(store, *this, account_key(account));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    auto item = item_of(account, **row);
    if (!item) return std::unexpected(item.error());
    return std::optional(*std::move(item));
}

Result<std::optional<PersonItem>> AccountView::person(Store& store,
                                                      events::KeyRing& keys,
                                                      const Uuid& account,
                                                      std::int64_t now_ms) const {
    const auto row = get_row<AccountRow>(store, *this, account_key(account));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    Unsealer unsealer(keys, now_ms);
    AccountEvent event;
    const auto opened = unsealer.open(events::kPlatformTenant,
                                      {.kind = kAccountKind, .uuid = account},
                                      (*row)->registered(),
                                      event);
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return std::nullopt;
    auto& personal = *event.mutable_account_registered();
    return PersonItem{.name = events::Personal(std::move(*personal.mutable_name())),
                      .email = events::Personal(std::move(*personal.mutable_email()))};
}

Result<std::optional<ReservationItem>> AccountView::reservation(Store& store,
                                                                const Uuid& reservation,
                                                                const TenantId& tenant) const {
    const auto row =
        get_row<ReservationRow>(store, *this, row_key(kReservationRow, tenant, reservation.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    const auto of = id_in_row<TenantId>((*row)->holder_tenant());
    const auto holder = id_in_row<Uuid>((*row)->holder_id());
    if (!of || !holder) return std::unexpected(of ? holder.error() : of.error());
    return ReservationItem{
        .holder_tenant = *of, .holder = *holder, .confirmed = (*row)->confirmed()};
}

Status AccountView::each(Store& store, const std::function<void(const AccountItem&)>& visit) const {
    const auto make = [&](std::string_view key, const AccountRow& row) -> Result<bool> {
        const auto id = id_in_row<Uuid>(key);
        if (!id) return std::unexpected(id.error());
        const auto item = item_of(*id, row);
        if (!item) return std::unexpected(item.error());
        visit(*item);
        return true;
    };
    const auto listed = list_rows<AccountRow, bool>(
        store, *this, row_key(kAccountRow, events::kPlatformTenant), make);
    if (!listed) return std::unexpected(listed.error());
    return {};
}

}  // namespace projections

#include "projections/company_view.hpp"

#include <algorithm>
#include <utility>

#include "parlour/views/v1/people.pb.h"
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
using parlour::company::v1::CompanyEvent;
using parlour::views::v1::CompanyProfileRow;
using parlour::views::v1::MemberRow;
using parlour::views::v1::TermsRow;
using parlour::views::v1::TokenRow;

constexpr char kCompanyRow = 'c';
constexpr char kMemberRow = 'm';
constexpr char kTokenRow = 't';
constexpr char kTermsRow = 'a';
constexpr auto kCompanyKind = parlour::log::v1::STREAM_KIND_COMPANY;

// Changes the row, made when it is not there.
template <class Row, class Change>
Status change_row(Rows& rows, const std::string& key, Change change) {
    auto row = get_row<Row>(rows, key);
    if (!row) return std::unexpected(row.error());
    Row changed = std::move(*row).value_or(Row{});
    change(changed);
    rows.put(key, changed.SerializeAsString());
    return {};
}

Status grant(const Committed& committed,
             const parlour::company::v1::RoleGranted& granted,
             Rows& rows) {
    const auto& meta = committed.opened.meta;
    return change_row<MemberRow>(
        rows, row_key(kMemberRow, meta.tenant, granted.account_id()), [&](MemberRow& row) {
            if (row.roles().empty()) row.set_since_unix_ms(meta.time_unix_ms);
            auto& roles = *row.mutable_roles();
            if (std::ranges::find(roles, granted.role()) != roles.end()) return;
            roles.Add(granted.role());
            std::sort(roles.begin(), roles.end());
        });
}

Status revoke(const TenantId& tenant,
              const parlour::company::v1::RoleRevoked& revoked,
              Rows& rows) {
    const std::string key = row_key(kMemberRow, tenant, revoked.account_id());
    const auto row = get_row<MemberRow>(rows, key);
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    MemberRow changed = **row;
    auto& roles = *changed.mutable_roles();
    roles.erase(std::remove(roles.begin(), roles.end(), revoked.role()), roles.end());
    if (roles.empty()) {
        rows.erase(key);
    } else {
        rows.put(key, changed.SerializeAsString());
    }
    return {};
}

template <class Enum, class Numbers>
std::vector<Enum> enums_of(const Numbers& numbers) {
    std::vector<Enum> enums;
    for (const int number : numbers) enums.push_back(static_cast<Enum>(number));
    return enums;
}

MemberItem member_of(const Uuid& account, const MemberRow& row) {
    return {.account = account,
            .roles = enums_of<parlour::company::v1::Role>(row.roles()),
            .locked = row.locked(),
            .since_ms = row.since_unix_ms()};
}

Result<TermsItem> terms_of(const TermsRow& row,
                           const TenantId& tenant,
                           const events::StreamId& stream,
                           Unsealer& unsealer) {
    TermsItem terms{.document = {},
                    .version = {},
                    .locale = row.locale(),
                    .sha256 = row.sha256(),
                    .account = Uuid::from_bytes(row.account_id()),
                    .accepted_ms = row.accepted().time_unix_ms()};
    CompanyEvent event;
    const auto opened = unsealer.open(tenant, stream, row.accepted(), event);
    if (!opened) return std::unexpected(opened.error());
    if (*opened) {
        auto& accepted = *event.mutable_processing_terms_accepted();
        terms.document = Personal(std::move(*accepted.mutable_document()));
        terms.version = Personal(std::move(*accepted.mutable_version()));
    }
    return terms;
}

TermsRow accepted_terms(const Committed& committed,
                        int index,
                        const parlour::company::v1::ProcessingTermsAccepted& accepted) {
    const auto& actor = committed.opened.meta.actor;
    TermsRow row;
    keep_sealed(committed, index, *row.mutable_accepted());
    if (actor) row.set_account_id(std::string(actor->view()));
    row.set_locale(accepted.locale());
    row.set_sha256(accepted.sha256());
    return row;
}

// Of the event that says it last.
Personal name_in(CompanyEvent& event) {
    if (event.has_company_details_changed()) {
        return Personal(std::move(*event.mutable_company_details_changed()->mutable_name()));
    }
    return Personal(std::move(*event.mutable_company_created()->mutable_name()));
}

}  // namespace

Status CompanyView::apply(const Committed& committed, Rows& rows) {
    if (committed.opened.meta.stream.kind != kCompanyKind) return {};
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto applied = apply_event(committed, i, rows); !applied) return applied;
    }
    const auto& meta = committed.opened.meta;
    const auto count = static_cast<std::uint64_t>(committed.opened.header.events_size());
    return change_row<CompanyProfileRow>(
        rows, row_key(kCompanyRow, meta.tenant), [&](CompanyProfileRow& row) {
            row.set_version(meta.first_version.value + count - 1);
        });
}

Status CompanyView::apply_event(const Committed& committed, int index, Rows& rows) {
    if (auto read = read_event(committed, index, event_); !read) return read;
    const auto& meta = committed.opened.meta;
    const std::string own_key = row_key(kCompanyRow, meta.tenant);
    const auto lock = [&](const std::string& account, bool locked) {
        return change_row<MemberRow>(rows,
                                     row_key(kMemberRow, meta.tenant, account),
                                     [&](MemberRow& row) { row.set_locked(locked); });
    };
    switch (event_.body_case()) {
        case CompanyEvent::kCompanyCreated:
            return change_row<CompanyProfileRow>(rows, own_key, [&](CompanyProfileRow& row) {
                row.set_company_id(std::string(meta.stream.uuid.view()));
                keep_sealed(committed, index, *row.mutable_created());
            });
        case CompanyEvent::kApiTokenIssued: {
            const auto& issued = event_.api_token_issued();
            TokenRow row;
            keep_sealed(committed, index, *row.mutable_issued());
            *row.mutable_scopes() = issued.scopes();
            rows.put(row_key(kTokenRow, meta.tenant, issued.token_id()), row.SerializeAsString());
            return {};
        }
        case CompanyEvent::kApiTokenRevoked:
            rows.erase(row_key(kTokenRow, meta.tenant, event_.api_token_revoked().token_id()));
            return {};
        case CompanyEvent::kRoleGranted:
            return grant(committed, event_.role_granted(), rows);
        case CompanyEvent::kRoleRevoked:
            return revoke(meta.tenant, event_.role_revoked(), rows);
        case CompanyEvent::kMemberLocked:
            return lock(event_.member_locked().account_id(), true);
        case CompanyEvent::kMemberUnlocked:
            return lock(event_.member_unlocked().account_id(), false);
        case CompanyEvent::kProcessingTermsAccepted: {
            const TermsRow accepted =
                accepted_terms(committed, index, event_.processing_terms_accepted());
            const auto version = meta.first_version.value + static_cast<std::uint64_t>(index);
            rows.put(row_key(kTermsRow, meta.tenant, number_key(version)),
                     accepted.SerializeAsString());
            return change_row<CompanyProfileRow>(
                rows, own_key, [&](CompanyProfileRow& row) { *row.mutable_terms() = accepted; });
        }
        case CompanyEvent::kDataCollectionChanged:
            return change_row<CompanyProfileRow>(rows, own_key, [&](CompanyProfileRow& row) {
                *row.mutable_data_collection() = event_.data_collection_changed();
            });
        case CompanyEvent::kCompanyDetailsChanged:
            return change_row<CompanyProfileRow>(rows, own_key, [&](CompanyProfileRow& row) {
                keep_sealed(committed, index, *row.mutable_details());
                row.set_time_zone(event_.company_details_changed().time_zone());
                row.set_locale(event_.company_details_changed().locale());
            });
        case CompanyEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "a company event without a body");
}

Result<std::optional<CompanyProfile>> CompanyView::profile(Store& store,
                                                           events::KeyRing& keys,
                                                           const TenantId& tenant,
                                                           std::int64_t now_ms) const {
    const auto found = get_row<CompanyProfileRow>(store, *this, row_key(kCompanyRow, tenant));
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    const auto& row = **found;
    const auto id = id_in_row<Uuid>(row.company_id());
    if (!id) return std::unexpected(id.error());
    const events::StreamId stream{.kind = kCompanyKind, .uuid = *id};
    CompanyProfile profile{.id = *id,
                           .version = events::Version{row.version()},
                           .name = std::nullopt,
                           .created_ms = row.created().time_unix_ms(),
                           .time_zone = row.time_zone(),
                           .locale = row.locale(),
                           .terms = std::nullopt,
                           .kept = std::nullopt};
    Unsealer unsealer(keys, now_ms);
    CompanyEvent event;
    const auto opened =
        unsealer.open(tenant, stream, row.has_details() ? row.details() : row.created(), event);
    if (!opened) return std::unexpected(opened.error());
    if (*opened) profile.name = name_in(event);
    if (row.has_data_collection()) profile.kept = row.data_collection();
    if (row.has_terms()) {
        auto terms = terms_of(row.terms(), tenant, stream, unsealer);
        if (!terms) return std::unexpected(terms.error());
        profile.terms = *std::move(terms);
    }
    return std::optional(std::move(profile));
}

Result<std::optional<MemberItem>> CompanyView::member(Store& store,
                                                      const TenantId& tenant,
                                                      const Uuid& account) const {
    const auto row = get_row<MemberRow>(store, *this, row_key(kMemberRow, tenant, account.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    return std::optional(member_of(account, **row));
}

Result<std::vector<MemberItem>> CompanyView::members(Store& store, const TenantId& tenant) const {
    const auto make = [](std::string_view key, const MemberRow& row) -> Result<MemberItem> {
        const auto account = id_in_row<Uuid>(key);
        if (!account) return std::unexpected(account.error());
        return member_of(*account, row);
    };
    return list_rows<MemberRow, MemberItem>(store, *this, row_key(kMemberRow, tenant), make);
}

Result<std::vector<TokenItem>> CompanyView::tokens(Store& store,
                                                   events::KeyRing& keys,
                                                   const TenantId& tenant,
                                                   std::int64_t now_ms) const {
    const auto company = get_row<CompanyProfileRow>(store, *this, row_key(kCompanyRow, tenant));
    if (!company) return std::unexpected(company.error());
    if (!*company) return std::vector<TokenItem>{};
    const auto company_id = id_in_row<Uuid>((*company)->company_id());
    if (!company_id) return std::unexpected(company_id.error());
    Unsealer unsealer(keys, now_ms);
    const auto make = [&](std::string_view key, const TokenRow& row) -> Result<TokenItem> {
        const auto id = id_in_row<Uuid>(key);
        if (!id) return std::unexpected(id.error());
        TokenItem item{.id = *id,
                       .name = std::nullopt,
                       .scopes = enums_of<parlour::company::v1::Scope>(row.scopes()),
                       .issued_ms = row.issued().time_unix_ms()};
        CompanyEvent event;
        const auto opened =
            unsealer.open(tenant, {.kind = kCompanyKind, .uuid = *company_id}, row.issued(), event);
        if (!opened) return std::unexpected(opened.error());
        if (*opened) {
            item.name.emplace(std::move(*event.mutable_api_token_issued()->mutable_name()));
        }
        return item;
    };
    auto items = list_rows<TokenRow, TokenItem>(store, *this, row_key(kTokenRow, tenant), make);
    if (items) {
        std::ranges::sort(
            *items, {}, [](const TokenItem& item) { return std::pair(item.issued_ms, item.id); });
    }
    return items;
}

Result<std::vector<TermsItem>> CompanyView::terms(Store& store,
                                                  events::KeyRing& keys,
                                                  const TenantId& tenant,
                                                  std::int64_t now_ms) const {
    const auto company = get_row<CompanyProfileRow>(store, *this, row_key(kCompanyRow, tenant));
    if (!company) return std::unexpected(company.error());
    if (!*company) return std::vector<TermsItem>{};
    const auto id = id_in_row<Uuid>((*company)->company_id());
    if (!id) return std::unexpected(id.error());
    Unsealer unsealer(keys, now_ms);
    const auto make = [&](std::string_view, const TermsRow& row) {
        return terms_of(row, tenant, {.kind = kCompanyKind, .uuid = *id}, unsealer);
    };
    return list_rows<TermsRow, TermsItem>(store, *this, row_key(kTermsRow, tenant), make);
}

Status CompanyView::each_member(
    Store& store, const std::function<void(const TenantId&, const Uuid&)>& visit) const {
    const auto make = [&](std::string_view key, const MemberRow&) -> Result<bool> {
        const auto tenant = id_in_row<TenantId>(key.substr(0, TenantId::kSize));
        const auto account =
            id_in_row<Uuid>(key.substr(std::min(key.size(), std::size_t{TenantId::kSize})));
        if (!tenant || !account) return fail(Errc::kDamaged, "the key of a member is none");
        visit(*tenant, *account);
        return true;
    };
    const auto listed = list_rows<MemberRow, bool>(store, *this, std::string(1, kMemberRow), make);
    if (!listed) return std::unexpected(listed.error());
    return {};
}

}  // namespace projections

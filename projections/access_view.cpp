#include "projections/access_view.hpp"

#include "parlour/views/v1/rows.pb.h"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using parlour::company::v1::ApiTokenIssued;
using parlour::company::v1::CompanyEvent;
using parlour::views::v1::AccessRow;
using parlour::views::v1::CompanyRow;

constexpr char kCompanyKind = 'c';
constexpr char kTokenKind = 't';
constexpr char kTokenIdKind = 'i';

void add_company(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    CompanyRow row;
    row.set_company_id(meta.stream.uuid.bytes.data(), meta.stream.uuid.bytes.size());
    row.set_created_seq(meta.seq.value);
    rows.put(row_key(kCompanyKind, meta.tenant), row.SerializeAsString());
}

events::Status add_token(const Committed& committed, const ApiTokenIssued& issued, Rows& rows) {
    if (issued.token_sha256().size() != sizeof(events::Digest)) {
        return fail(Errc::kDamaged, "the digest of an API token is not 32 bytes");
    }
    AccessRow row;
    row.set_token_id(issued.token_id());
    *row.mutable_scopes() = issued.scopes();
    rows.put(row_key(kTokenKind, committed.opened.meta.tenant, issued.token_sha256()),
             row.SerializeAsString());
    rows.put(row_key(kTokenIdKind, committed.opened.meta.tenant, issued.token_id()),
             issued.token_sha256());
    return {};
}

events::Status remove_token(const events::TenantId& tenant,
                            const parlour::company::v1::ApiTokenRevoked& revoked,
                            Rows& rows) {
    const std::string id_key = row_key(kTokenIdKind, tenant, revoked.token_id());
    const auto digest = rows.get(id_key);
    if (!digest) return std::unexpected(digest.error());
    if (!*digest) return {};
    rows.erase(row_key(kTokenKind, tenant, **digest));
    rows.erase(id_key);
    return {};
}

}  // namespace

events::Status AccessView::apply(const Committed& committed, Rows& rows) {
    if (committed.opened.meta.stream.kind != parlour::log::v1::STREAM_KIND_COMPANY) return {};
    CompanyEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case CompanyEvent::kCompanyCreated:
                add_company(committed, rows);
                break;
            case CompanyEvent::kApiTokenIssued:
                if (auto added = add_token(committed, event.api_token_issued(), rows); !added) {
                    return added;
                }
                break;
            case CompanyEvent::kApiTokenRevoked:
                if (auto removed =
                        remove_token(committed.opened.meta.tenant, event.api_token_revoked(), rows);
                    !removed) {
                    return removed;
                }
                break;
            case CompanyEvent::kRoleGranted:
            case CompanyEvent::kRoleRevoked:
            case CompanyEvent::kMemberLocked:
            case CompanyEvent::kMemberUnlocked:
            case CompanyEvent::kProcessingTermsAccepted:
            case CompanyEvent::kDataCollectionChanged:
            case CompanyEvent::kCompanyDetailsChanged:
                break;
            case CompanyEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "a company event without a body");
        }
    }
    return {};
}

events::Result<ApiToken> AccessView::find(Store& store,
                                          const events::TenantId& tenant,
                                          const events::Digest& token_sha256) const {
    const std::string_view digest(reinterpret_cast<const char*>(token_sha256.data()),
                                  token_sha256.size());
    const auto got = store.get(*this, row_key(kTokenKind, tenant, digest));
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    if (!value) return fail(Errc::kNotFound, "no such API token");
    AccessRow row;
    const bool parsed = row.ParseFromString(*value);
    const auto id = events::Uuid::from_bytes(row.token_id());
    if (!parsed || !id) return fail(Errc::kDamaged, "an access row does not parse");
    ApiToken token{.id = *id, .scopes = {}};
    for (const int scope : row.scopes()) {
        token.scopes.push_back(static_cast<parlour::company::v1::Scope>(scope));
    }
    return token;
}

events::Result<bool> AccessView::exists(Store& store, const events::TenantId& tenant) const {
    const auto value = store.get(*this, row_key(kCompanyKind, tenant));
    if (!value) return std::unexpected(value.error());
    return value->has_value();
}

}  // namespace projections

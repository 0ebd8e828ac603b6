#include "projections/widget_view.hpp"

#include <algorithm>
#include <utility>

#include "parlour/views/v1/widget_rows.pb.h"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Uuid;
using parlour::views::v1::SealedEvent;
using parlour::views::v1::WidgetRow;
using parlour::widget::v1::WidgetEvent;

constexpr char kWidgetKind = 'w';
constexpr char kKeyKind = 'k';
constexpr char kDomainKind = 'd';
constexpr char kExpertKind = 'x';
constexpr std::string_view kPresent = "1";

events::Result<WidgetRow> parse_row(std::string_view bytes) {
    WidgetRow row;
    if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(Errc::kDamaged, "a widget row does not parse");
    }
    return row;
}

events::Result<WidgetRow> get_row(const WidgetView& view,
                                  Store& store,
                                  const events::TenantId& tenant,
                                  const Uuid& widget) {
    const auto got = store.get(view, row_key(kWidgetKind, tenant, widget.view()));
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    if (!value) return fail(Errc::kNotFound, "no such widget");
    return parse_row(*value);
}

// One commit's changes to one widget.
class Change {
  public:
    Change(const Committed& committed, Rows& rows, WidgetRow& row)
        : committed_(committed), meta_(committed.opened.meta), rows_(rows), row_(row) {}

    events::Status apply(int index) {
        if (auto read = read_event(committed_, index, event_); !read) return read;
        row_.set_version(meta_.first_version.value + static_cast<std::uint64_t>(index));
        switch (event_.body_case()) {
            case WidgetEvent::kWidgetCreated:
                row_.set_created_seq(meta_.seq.value);
                keep_sealed(committed_, index, *row_.mutable_created());
                set_key(event_.widget_created().key());
                break;
            case WidgetEvent::kWidgetKeyRotated:
                set_key(event_.widget_key_rotated().key());
                break;
            case WidgetEvent::kWidgetSettingsChanged:
                *row_.mutable_settings() = event_.widget_settings_changed();
                keep_sealed(committed_, index, *row_.mutable_settings_sealed());
                break;
            case WidgetEvent::kBrandingChanged:
                *row_.mutable_branding() = event_.branding_changed();
                keep_sealed(committed_, index, *row_.mutable_branding_sealed());
                break;
            case WidgetEvent::kLogoStored:
                *row_.mutable_logo() = event_.logo_stored();
                break;
            case WidgetEvent::kLogoRemoved:
                row_.clear_logo();
                break;
            case WidgetEvent::kExpertPublished:
                rows_.put(member(kExpertKind, event_.expert_published().expert_id()), kPresent);
                break;
            case WidgetEvent::kExpertWithdrawn:
                rows_.erase(member(kExpertKind, event_.expert_withdrawn().expert_id()));
                break;
            case WidgetEvent::kSearchConfigured:
                *row_.mutable_criteria() = event_.search_configured().criteria();
                break;
            case WidgetEvent::kDomainAllowed:
                add_domain(index);
                break;
            case WidgetEvent::kDomainDisallowed:
                rows_.erase(member(kDomainKind, event_.domain_disallowed().domain_id()));
                break;
            case WidgetEvent::kIdentitySecretIssued:
                add_secret(event_.identity_secret_issued().secret_id());
                break;
            case WidgetEvent::kIdentitySecretRevoked:
                drop_secret(event_.identity_secret_revoked().secret_id());
                break;
            case WidgetEvent::kIdentityDemandChanged:
                row_.set_identity_required(event_.identity_demand_changed().required());
                break;
            case WidgetEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "a widget event without a body");
        }
        return {};
    }

  private:
    [[nodiscard]] std::string member(char kind, std::string_view id) const {
        return row_key(kind, meta_.tenant, meta_.stream.uuid.view(), id);
    }
    void set_key(const std::string& key) {
        if (!row_.key().empty()) rows_.erase(row_key(kKeyKind, meta_.tenant, row_.key()));
        row_.set_key(key);
        rows_.put(row_key(kKeyKind, meta_.tenant, key), meta_.stream.uuid.view());
    }
    void add_secret(const std::string& id) {
        auto& secret = *row_.add_identity_secrets();
        secret.set_secret_id(id);
        secret.set_issued_unix_ms(meta_.time_unix_ms);
    }
    void drop_secret(const std::string& id) {
        auto& secrets = *row_.mutable_identity_secrets();
        const auto is_it = [&](const auto& secret) { return secret.secret_id() == id; };
        secrets.erase(std::remove_if(secrets.begin(), secrets.end(), is_it), secrets.end());
    }
    void add_domain(int index) {
        SealedEvent sealed;
        keep_sealed(committed_, index, sealed);
        rows_.put(member(kDomainKind, event_.domain_allowed().domain_id()),
                  sealed.SerializeAsString());
    }

    const Committed& committed_;
    const events::CommitMeta& meta_;
    Rows& rows_;
    WidgetRow& row_;
    WidgetEvent event_;
};

// Reads one widget whole.
class Reading {
  public:
    Reading(const WidgetView& view,
            Store& store,
            events::KeyRing& keys,
            const events::TenantId& tenant,
            std::int64_t now_ms)
        : view_(view), store_(store), tenant_(tenant), unsealer_(keys, now_ms) {}

    events::Result<WidgetItem> read(const Uuid& widget) {
        const auto row = get_row(view_, store_, tenant_, widget);
        if (!row) return std::unexpected(row.error());
        const auto key = Uuid::from_bytes(row->key());
        if (!key) return fail(Errc::kDamaged, "a widget row has no key");
        item_.id = widget;
        item_.key = *key;
        item_.version = {row->version()};
        item_.identity_required = row->identity_required();
        for (const auto& secret : row->identity_secrets()) {
            const auto id = Uuid::from_bytes(secret.secret_id());
            if (!id) return fail(Errc::kDamaged, "a widget's secret has no id");
            item_.identity_secrets.push_back({.id = *id, .issued_ms = secret.issued_unix_ms()});
        }
        for (const int criterion : row->criteria()) {
            item_.criteria.push_back(static_cast<parlour::widget::v1::SearchCriterion>(criterion));
        }
        auto status = read_texts(*row);
        if (status) status = read_domains();
        if (status) status = read_experts();
        if (!status) return std::unexpected(status.error());
        return std::move(item_);
    }

  private:
    // Into event_; its fields are empty when the key was destroyed.
    events::Status unseal(const SealedEvent& sealed) {
        event_.Clear();
        if (sealed.seq() == 0) return {};
        const events::StreamId stream{parlour::log::v1::STREAM_KIND_WIDGET, item_.id};
        const auto opened = unsealer_.open(tenant_, stream, sealed, event_);
        if (!opened) return std::unexpected(opened.error());
        item_.erased = item_.erased || !*opened;
        return {};
    }

    events::Status read_texts(const WidgetRow& row) {
        item_.settings = row.settings();
        item_.branding = row.branding();
        item_.logo = file_ref(row.logo());
        auto status = unseal(row.created());
        if (!status) return status;
        item_.name = events::Personal(event_.widget_created().name());
        status = unseal(row.settings_sealed());
        if (!status) return status;
        item_.settings.MergeFrom(event_.widget_settings_changed());
        status = unseal(row.branding_sealed());
        if (!status) return status;
        item_.branding.MergeFrom(event_.branding_changed());
        return {};
    }

    // Calls `take(id, value)` for each row of the widget's of that kind.
    template <class Take>
    events::Status each(char kind, Take take) {
        events::Status status;
        const auto scanned =
            store_.scan(view_,
                        row_key(kind, tenant_, item_.id.view()),
                        {},
                        [&](std::string_view key, std::string_view value) {
                            const auto id = Uuid::from_bytes(key.substr(key.size() - Uuid::kSize));
                            status = take(*id, value);
                            return status.has_value();
                        });
        return scanned ? status : scanned;
    }

    events::Status read_domains() {
        return each(kDomainKind, [this](const Uuid& id, std::string_view value) -> events::Status {
            SealedEvent sealed;
            if (!sealed.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
                return fail(Errc::kDamaged, "a domain row does not parse");
            }
            if (auto status = unseal(sealed); !status) return status;
            item_.domains.push_back({.id = id, .domain = event_.domain_allowed().domain()});
            return {};
        });
    }

    events::Status read_experts() {
        return each(kExpertKind, [this](const Uuid& id, std::string_view) -> events::Status {
            item_.experts.push_back(id);
            return {};
        });
    }

    const WidgetView& view_;
    Store& store_;
    const events::TenantId& tenant_;
    Unsealer unsealer_;
    WidgetItem item_;
    WidgetEvent event_;
};

}  // namespace

events::Status WidgetView::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_WIDGET) return {};
    const auto key = row_key(kWidgetKind, meta.tenant, meta.stream.uuid.view());
    const auto got = rows.get(key);
    if (!got) return std::unexpected(got.error());
    auto row = parse_row(got->value_or(""));
    if (!row) return std::unexpected(row.error());
    Change change(committed, rows, *row);
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto applied = change.apply(i); !applied) return applied;
    }
    rows.put(key, row->SerializeAsString());
    return {};
}

events::Result<bool> WidgetView::shows(Store& store,
                                       const events::TenantId& tenant,
                                       const Uuid& widget,
                                       const Uuid& expert) const {
    const auto got = store.get(*this, row_key(kExpertKind, tenant, widget.view(), expert.view()));
    if (!got) return std::unexpected(got.error());
    return got->has_value();
}

events::Result<Uuid> WidgetView::find_key(Store& store,
                                          const events::TenantId& tenant,
                                          const Uuid& key) const {
    const auto got = store.get(*this, row_key(kKeyKind, tenant, key.view()));
    if (!got) return std::unexpected(got.error());
    if (!*got) return fail(Errc::kNotFound, "no such widget key");
    const auto widget = Uuid::from_bytes(**got);
    if (!widget) return fail(Errc::kDamaged, "a widget key row does not parse");
    return *widget;
}

events::Result<events::Version> WidgetView::newest(Store& store,
                                                   const events::TenantId& tenant,
                                                   const Uuid& widget) const {
    const auto row = get_row(*this, store, tenant, widget);
    if (!row) return std::unexpected(row.error());
    return events::Version{row->version()};
}

events::Result<WidgetItem> WidgetView::read(Store& store,
                                            events::KeyRing& keys,
                                            const events::TenantId& tenant,
                                            const Uuid& widget,
                                            std::int64_t now_ms) const {
    return Reading(*this, store, keys, tenant, now_ms).read(widget);
}

events::Result<std::uint64_t> WidgetView::picture_bytes(Store& store,
                                                        const events::TenantId& tenant,
                                                        const Uuid& but) const {
    std::uint64_t bytes = 0;
    const auto add = [&](std::string_view widget, const WidgetRow& row) -> events::Result<bool> {
        if (widget != but.view()) bytes += row.logo().size_bytes();
        return true;
    };
    const auto listed = list_rows<WidgetRow, bool>(store, *this, row_key(kWidgetKind, tenant), add);
    if (!listed) return std::unexpected(listed.error());
    return bytes;
}

events::Result<std::vector<Uuid>> WidgetView::list(Store& store,
                                                   const events::TenantId& tenant,
                                                   const std::optional<Uuid>& after,
                                                   std::size_t limit) const {
    std::vector<Uuid> widgets;
    const auto scanned = store.scan(*this,
                                    row_key(kWidgetKind, tenant),
                                    after ? after->view() : std::string_view{},
                                    [&](std::string_view key, std::string_view) {
                                        const auto id =
                                            Uuid::from_bytes(key.substr(key.size() - Uuid::kSize));
                                        if (id && id != after) widgets.push_back(*id);
                                        return widgets.size() < limit;
                                    });
    if (!scanned) return std::unexpected(scanned.error());
    return widgets;
}

}  // namespace projections

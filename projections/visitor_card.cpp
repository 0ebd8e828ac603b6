#include "projections/visitor_card.hpp"

#include <utility>

#include "parlour/views/v1/visitor_rows.pb.h"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"
#include "projections/visitor_lists.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Personal;
using parlour::views::v1::VisitorRow;
using parlour::visitor::v1::VisitorEvent;

constexpr char kVisitorKind = 'v';

std::optional<Personal> said(std::string* text) {
    if (text->empty()) return std::nullopt;
    return Personal(std::move(*text));
}

VerifiedItem verified_in(parlour::visitor::v1::VisitorVerified& event) {
    return {.subject = Personal(std::move(*event.mutable_subject())),
            .name = Personal(std::move(*event.mutable_name())),
            .email = Personal(std::move(*event.mutable_email()))};
}

// In the visitor's row and in the register.
void add_consent(const Committed& committed, VisitorEvent& event, VisitorRow& row, Rows& rows) {
    const auto& meta = committed.opened.meta;
    auto& added = *row.add_consents();
    *added.mutable_consent() = std::move(*event.mutable_consent_recorded());
    added.set_time_unix_ms(meta.time_unix_ms);
    auto registered = added;
    const auto visitor = meta.stream.uuid.view();
    registered.set_visitor_id(std::string(visitor));
    const auto value = registered.SerializeAsString();
    rows.put(consent_key(meta.tenant, meta.seq), value);
    rows.put(visitor_consent_key(meta.tenant, visitor, meta.seq), value);
}

// A visitor stands in the list where the last check-in was.
void check_in(const Committed& committed, int index, VisitorRow& row, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (row.has_checked_in()) rows.erase(check_in_key(meta.tenant, {row.checked_in().seq()}));
    keep_sealed(committed, index, *row.mutable_checked_in());
    parlour::views::v1::CheckInRow entry;
    entry.set_visitor_id(std::string(meta.stream.uuid.view()));
    entry.set_time_unix_ms(meta.time_unix_ms);
    rows.put(check_in_key(meta.tenant, meta.seq), entry.SerializeAsString());
}

events::Result<VisitorRow> read_row(const VisitorCardView& view,
                                    Store& store,
                                    const events::TenantId& tenant,
                                    const events::Uuid& visitor) {
    const auto got = store.get(view, row_key(kVisitorKind, tenant, visitor.view()));
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    if (!value) return fail(Errc::kNotFound, "no such visitor");
    VisitorRow row;
    if (!row.ParseFromString(*value)) return fail(Errc::kDamaged, "a visitor row does not parse");
    return row;
}

events::Status read_public(const VisitorRow& row, VisitorItem& item) {
    item.version = {row.version()};
    item.widget = events::Uuid::from_bytes(row.widget_id());
    item.opened_unix_ms = row.opened_unix_ms();
    for (const auto& stored : row.consents()) {
        auto consent = consent_item(stored);
        if (!consent) return std::unexpected(consent.error());
        item.consents.push_back(*std::move(consent));
    }
    return {};
}

}  // namespace

events::Status VisitorCardView::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_VISITOR) return {};
    const auto key = row_key(kVisitorKind, meta.tenant, meta.stream.uuid.view());
    const auto got = rows.get(key);
    if (!got) return std::unexpected(got.error());
    VisitorRow row;
    if (*got && !row.ParseFromString(**got)) {
        return fail(Errc::kDamaged, "a visitor row does not parse");
    }
    VisitorEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case VisitorEvent::kVisitorIdentified:
                keep_sealed(committed, i, *row.mutable_identified());
                break;
            case VisitorEvent::kVisitorSessionOpened:
                row.set_widget_id(event.visitor_session_opened().widget_id());
                row.set_opened_unix_ms(meta.time_unix_ms);
                break;
            case VisitorEvent::kConsentRecorded:
                add_consent(committed, event, row, rows);
                break;
            case VisitorEvent::kVisitorCheckedIn:
                check_in(committed, i, row, rows);
                break;
            case VisitorEvent::kPersonaSet:
                keep_sealed(committed, i, *row.mutable_persona());
                break;
            case VisitorEvent::kPersonaRemoved:
                row.clear_persona();
                break;
            case VisitorEvent::kVisitorVerified:
                keep_sealed(committed, i, *row.mutable_verified());
                break;
            case VisitorEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "a visitor event without a body");
        }
        row.set_version(meta.first_version.value + static_cast<std::uint64_t>(i));
    }
    rows.put(key, row.SerializeAsString());
    return {};
}

events::Result<bool> VisitorCardView::knows(Store& store,
                                            const events::TenantId& tenant,
                                            const events::Uuid& visitor) const {
    const auto row = store.get(*this, row_key(kVisitorKind, tenant, visitor.view()));
    if (!row) return std::unexpected(row.error());
    return row->has_value();
}

events::Result<VisitorItem> VisitorCardView::own(Store& store,
                                                 events::KeyRing& keys,
                                                 const events::TenantId& tenant,
                                                 const events::Uuid& visitor,
                                                 std::int64_t now_ms) const {
    const auto row = read_row(*this, store, tenant, visitor);
    if (!row) return std::unexpected(row.error());
    VisitorItem item;
    if (auto read = read_public(*row, item); !read) return std::unexpected(read.error());
    const events::StreamId stream{parlour::log::v1::STREAM_KIND_VISITOR, visitor};
    Unsealer unsealer(keys, now_ms);
    VisitorEvent event;
    for (const auto* sealed :
         {&row->identified(), &row->checked_in(), &row->persona(), &row->verified()}) {
        if (sealed->seq() == 0) continue;
        const auto opened = unsealer.open(tenant, stream, *sealed, event);
        if (!opened) return std::unexpected(opened.error());
        if (!*opened) {
            item.erased = true;
        } else if (sealed == &row->identified()) {
            item.name = said(event.mutable_visitor_identified()->mutable_name());
            item.email = said(event.mutable_visitor_identified()->mutable_email());
        } else if (sealed == &row->checked_in()) {
            item.checked_in_name = said(event.mutable_visitor_checked_in()->mutable_name());
            item.phone = said(event.mutable_visitor_checked_in()->mutable_phone());
        } else if (sealed == &row->verified()) {
            item.verified = verified_in(*event.mutable_visitor_verified());
        } else {
            item.display_name = said(event.mutable_persona_set()->mutable_display_name());
            item.age_years = event.persona_set().age_years();
        }
    }
    return item;
}

events::Result<VisitorCardItem> VisitorCardView::card(Store& store,
                                                      events::KeyRing& keys,
                                                      const events::TenantId& tenant,
                                                      const events::Uuid& visitor,
                                                      std::int64_t now_ms) const {
    auto item = own(store, keys, tenant, visitor, now_ms);
    if (!item) return std::unexpected(item.error());
    VisitorCardItem card{.erased = item->erased};
    if (item->display_name) {
        card.persona = true;
        card.name = std::move(item->display_name);
        card.age_years = item->age_years;
        return card;
    }
    card.name = item->name ? std::move(item->name) : std::move(item->checked_in_name);
    card.email = std::move(item->email);
    if (item->verified) {
        card.verified = std::move(item->verified);
        if (!card.verified->name.empty()) card.name = card.verified->name;
        if (!card.verified->email.empty()) card.email = card.verified->email;
    }
    card.phone = std::move(item->phone);
    return card;
}

}  // namespace projections

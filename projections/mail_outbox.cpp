#include "projections/mail_outbox.hpp"

#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Status;
using parlour::mail::v1::MailEvent;
using parlour::views::v1::MailRow;

constexpr char kMailRow = 'm';
constexpr char kNewestRow = 'n';

std::string mail_key(const events::TenantId& tenant, const events::Uuid& mail) {
    return row_key(kMailRow, tenant, mail.view());
}

Status change(const MailEvent& event, std::int64_t time_unix_ms, MailRow& row) {
    const auto finish = [&](parlour::views::v1::MailProgress progress) {
        row.set_progress(progress);
        row.set_finished_unix_ms(time_unix_ms);
        row.clear_next_attempt_unix_ms();
    };
    switch (event.body_case()) {
        case MailEvent::kMailQueued:
            *row.mutable_queued() = event.mail_queued();
            row.set_queued_unix_ms(time_unix_ms);
            row.set_next_attempt_unix_ms(time_unix_ms);
            row.set_progress(parlour::views::v1::MAIL_PROGRESS_WAITING);
            return {};
        case MailEvent::kMailSent:
            row.set_attempts(event.mail_sent().attempt());
            row.clear_code();
            finish(parlour::views::v1::MAIL_PROGRESS_SENT);
            return {};
        case MailEvent::kMailFailed:
            row.set_attempts(event.mail_failed().attempt());
            row.set_code(event.mail_failed().code());
            row.set_next_attempt_unix_ms(event.mail_failed().next_attempt_unix_ms());
            return {};
        case MailEvent::kMailGivenUp:
            row.set_code(event.mail_given_up().code());
            finish(parlour::views::v1::MAIL_PROGRESS_GIVEN_UP);
            return {};
        case MailEvent::kMailDropped:
            row.set_code(event.mail_dropped().code());
            finish(parlour::views::v1::MAIL_PROGRESS_DROPPED);
            return {};
        case MailEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "a mail event without a body");
}

}  // namespace

Status MailOutbox::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_MAIL) return {};
    const auto key = mail_key(meta.tenant, meta.stream.uuid);
    const auto known = get_row<MailRow>(rows, key);
    if (!known) return std::unexpected(known.error());
    MailRow row = known->value_or(MailRow());
    MailEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        if (auto changed = change(event, meta.time_unix_ms, row); !changed) return changed;
    }
    rows.put(key, row.SerializeAsString());
    if (!*known) {
        rows.put(row_key(kNewestRow, meta.tenant, number_key(~meta.seq.value)),
                 meta.stream.uuid.view());
    }
    return {};
}

events::Result<MailItem> MailOutbox::find(Store& store,
                                          const events::TenantId& tenant,
                                          const events::Uuid& mail) const {
    auto row = get_row<MailRow>(store, *this, mail_key(tenant, mail));
    if (!row) return std::unexpected(row.error());
    if (!*row) return fail(Errc::kNotFound, "no such mail");
    return MailItem{.tenant = tenant, .id = mail, .row = **std::move(row)};
}

events::Result<std::vector<MailItem>> MailOutbox::list(Store& store,
                                                       const events::TenantId& tenant,
                                                       std::size_t limit) const {
    std::vector<events::Uuid> ids;
    const auto scanned = store.scan(
        *this, row_key(kNewestRow, tenant), {}, [&](std::string_view, std::string_view value) {
            if (const auto id = events::Uuid::from_bytes(value)) ids.push_back(*id);
            return ids.size() < limit;
        });
    if (!scanned) return std::unexpected(scanned.error());
    std::vector<MailItem> items;
    for (const auto& id : ids) {
        auto item = find(store, tenant, id);
        if (!item) return std::unexpected(item.error());
        items.push_back(std::move(*item));
    }
    return items;
}

}  // namespace projections

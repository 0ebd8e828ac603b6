#include "projections/mail_outbox.hpp"

#include <algorithm>
#include <utility>

#include "parlour/conversation/v1/events.pb.h"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Status;
using parlour::conversation::v1::ConversationEvent;
using parlour::conversation::v1::MissedMessageMailQueued;
using parlour::mail::v1::MailEvent;
using parlour::views::v1::MailCoverRow;
using parlour::views::v1::MailRow;
using parlour::views::v1::NewestMissedRow;

constexpr char kMailRow = 'm';
constexpr char kNewestRow = 'n';
constexpr char kCoverRow = 'c';
constexpr char kExpertRow = 'e';

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

Status name_mail(const Committed& committed,
                 int index,
                 const MissedMessageMailQueued& queued,
                 Rows& rows) {
    const auto& meta = committed.opened.meta;
    MailCoverRow cover;
    cover.set_conversation_id(std::string(meta.stream.uuid.view()));
    cover.set_from_version(queued.from_version());
    cover.set_up_to_version(queued.up_to_version());
    const auto place = number_key(meta.seq.value) + number_key(static_cast<unsigned>(index));
    rows.put(row_key(kCoverRow, meta.tenant, queued.mail_id(), place), cover.SerializeAsString());
    const auto key = row_key(kExpertRow, meta.tenant, queued.expert_id());
    const auto known = get_row<NewestMissedRow>(rows, key);
    if (!known) return std::unexpected(known.error());
    if (*known && (*known)->mail_id() == queued.mail_id()) return {};
    NewestMissedRow newest;
    newest.set_mail_id(queued.mail_id());
    newest.set_begun_unix_ms(meta.time_unix_ms);
    rows.put(key, newest.SerializeAsString());
    return {};
}

// Messages are many, and none is parsed here; a type that nobody knows the conversation's view
// reports.
Status apply_conversation(const Committed& committed, Rows& rows) {
    constexpr std::uint32_t kQueued = ConversationEvent::kMissedMessageMailQueuedFieldNumber;
    const auto& header = committed.opened.header;
    for (int i = 0; i < header.events_size(); ++i) {
        if (header.events(i).type() != kQueued) continue;
        ConversationEvent event;
        if (auto read = read_event(committed, i, event); !read) return read;
        auto named = name_mail(committed, i, event.missed_message_mail_queued(), rows);
        if (!named) return named;
    }
    return {};
}

}  // namespace

Status MailOutbox::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind == parlour::log::v1::STREAM_KIND_CONVERSATION) {
        return apply_conversation(committed, rows);
    }
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
    auto newest = page(store, tenant, std::nullopt, limit);
    if (!newest) return std::unexpected(newest.error());
    return std::move(newest->items);
}

events::Result<MailPage> MailOutbox::page(Store& store,
                                          const events::TenantId& tenant,
                                          std::optional<events::Seq> before,
                                          std::size_t limit) const {
    struct Place {
        events::Uuid mail;
        events::Seq seq;
    };
    std::vector<Place> places;
    Status status;
    const auto prefix = row_key(kNewestRow, tenant);
    // Keys are the complement: what was queued before a commit stands behind it.
    const auto from = before ? number_key(~before->value + 1) : std::string();
    const auto scanned =
        store.scan(*this, prefix, from, [&](std::string_view key, std::string_view value) {
            const auto id = events::Uuid::from_bytes(value);
            if (!id || key.size() != prefix.size() + sizeof(std::uint64_t)) {
                status = fail(Errc::kDamaged, "a row of the mail outbox has another size");
                return false;
            }
            const auto number = events::get_number<std::uint64_t>(key.data() + prefix.size());
            places.push_back({.mail = *id, .seq = events::Seq{~number}});
            return places.size() <= limit;
        });
    if (!scanned) return std::unexpected(scanned.error());
    if (!status) return std::unexpected(status.error());
    MailPage page;
    if (places.size() > limit) {
        places.resize(limit);
        page.older = places.back().seq;
    }
    for (const auto& place : places) {
        auto item = find(store, tenant, place.mail);
        if (!item) return std::unexpected(item.error());
        page.items.push_back(*std::move(item));
    }
    return page;
}

events::Result<std::vector<MailCover>> MailOutbox::covers(Store& store,
                                                          const events::TenantId& tenant,
                                                          const events::Uuid& mail,
                                                          std::size_t limit) const {
    std::vector<MailCover> covers;
    Status status;
    std::size_t rows = 0;
    const auto scanned = store.scan(
        *this,
        row_key(kCoverRow, tenant, mail.view()),
        {},
        [&](std::string_view, std::string_view value) {
            const auto row = parse_row<MailCoverRow>(value);
            const auto id = row ? events::Uuid::from_bytes(row->conversation_id()) : std::nullopt;
            if (!id) {
                status = fail(Errc::kDamaged, "a row of the mail outbox does not parse");
                return false;
            }
            const auto known = std::ranges::find(covers, *id, &MailCover::conversation);
            if (known != covers.end()) {
                known->up_to = events::Version{row->up_to_version()};
            } else {
                covers.push_back({.conversation = *id,
                                  .from = events::Version{row->from_version()},
                                  .up_to = events::Version{row->up_to_version()}});
            }
            return ++rows < limit;
        });
    if (!scanned) return std::unexpected(scanned.error());
    if (!status) return std::unexpected(status.error());
    return covers;
}

events::Result<std::optional<NewestMissed>> MailOutbox::newest_missed(
    Store& store, const events::TenantId& tenant, const events::Uuid& expert) const {
    const auto row =
        get_row<NewestMissedRow>(store, *this, row_key(kExpertRow, tenant, expert.view()));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    const auto mail = id_in_row<events::Uuid>((*row)->mail_id());
    if (!mail) return std::unexpected(mail.error());
    return NewestMissed{.mail = *mail, .begun_unix_ms = (*row)->begun_unix_ms()};
}

}  // namespace projections

#include "projections/timer_view.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "events/bytes.hpp"
#include "parlour/account/v1/events.pb.h"
#include "parlour/conversation/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"
#include "parlour/mail/v1/events.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "parlour/views/v1/timers.pb.h"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Status;
using parlour::account::v1::AccountEvent;
using parlour::conversation::v1::AUTHOR_VISITOR;
using parlour::conversation::v1::ConversationEvent;
using parlour::invitation::v1::InvitationEvent;
using parlour::mail::v1::MailEvent;
using parlour::reservation::v1::ReservationEvent;
using parlour::views::v1::TimerRow;
using parlour::views::v1::UnreadRow;

constexpr char kDueRow = 'd';
constexpr char kStreamRow = 's';
constexpr char kUnreadRow = 'u';
constexpr char kWidgetRow = 'w';
constexpr std::size_t kNumberBytes = 8;

std::string due_prefix(TimerKind kind) {
    return {kDueRow, static_cast<char>(kind)};
}

std::string due_key(TimerKind kind,
                    std::string_view at,
                    const events::TenantId& tenant,
                    const events::Uuid& stream) {
    return due_prefix(kind).append(at).append(tenant.view()).append(stream.view());
}

// The timers of the stream that a commit belongs to.
class Timers {
  public:
    Timers(const Committed& committed, Rows& rows) : meta_(committed.opened.meta), rows_(rows) {}

    Status set(TimerKind kind, std::int64_t at_unix_ms, events::Version version) {
        if (auto cleared = clear(kind); !cleared) return cleared;
        const auto at = number_key(static_cast<std::uint64_t>(at_unix_ms));
        put_due(kind, at, version);
        rows_.put(stream_key(kind), at);
        return {};
    }

    Status clear(TimerKind kind) {
        const auto key = stream_key(kind);
        const auto at = rows_.get(key);
        if (!at) return std::unexpected(at.error());
        if (!*at) return {};
        const auto time = std::string_view(**at).substr(0, kNumberBytes);
        rows_.erase(due_key(kind, time, meta_.tenant, meta_.stream.uuid));
        rows_.erase(key);
        return {};
    }

    // A message that `kind` waits to be read: the first one sets the timer, unless the side was
    // told and reads nothing.
    Status unread(TimerKind kind, events::Version version) {
        auto row = unread_row(kind);
        if (!row) return std::unexpected(row.error());
        const auto now = meta_.time_unix_ms;
        row->set_last_unix_ms(now);
        row->set_last_version(version.value);
        const bool none = row->due_version() == 0 && row->told_version() == 0;
        const bool too_old =
            row->due_version() > 0 && now - row->due_unix_ms() > kUnreadMailedForMs;
        if (none || too_old) wait_for_last(kind, *row);
        put_unread(kind, *row);
        return {};
    }

    // Everything up to a version was read: the timer of a message among it is that of the last one
    // now, so that nothing is mailed before its own time.
    Status seen(TimerKind kind, std::uint64_t up_to_version) {
        auto row = unread_row(kind);
        if (!row) return std::unexpected(row.error());
        if (row->last_version() == 0) return {};
        if (row->last_version() <= up_to_version) return clear_unread(kind);
        const bool told_and_read = row->told_version() > 0 && row->told_version() <= up_to_version;
        if (told_and_read) row->clear_told_version();
        const bool due_is_read = row->due_version() > 0 && row->due_version() <= up_to_version;
        if (told_and_read || due_is_read) wait_for_last(kind, *row);
        put_unread(kind, *row);
        return {};
    }

    // A mail tells the side of everything up to a version, and there is no other before it reads.
    Status told(TimerKind kind, std::uint64_t up_to_version) {
        auto row = unread_row(kind);
        if (!row) return std::unexpected(row.error());
        erase_due(kind, *row);
        row->clear_due_version();
        row->clear_due_unix_ms();
        row->set_told_version(up_to_version);
        put_unread(kind, *row);
        return {};
    }

    Status clear_unread(TimerKind kind) {
        const auto row = unread_row(kind);
        if (!row) return std::unexpected(row.error());
        erase_due(kind, *row);
        rows_.erase(unread_key(kind));
        return {};
    }

    void came_through_widget() { rows_.put(widget_key(), {}); }
    events::Result<bool> is_from_widget() {
        const auto row = rows_.get(widget_key());
        if (!row) return std::unexpected(row.error());
        return row->has_value();
    }

  private:
    // An empty one where there is none.
    events::Result<UnreadRow> unread_row(TimerKind kind) {
        auto row = get_row<UnreadRow>(rows_, unread_key(kind));
        if (!row) return std::unexpected(row.error());
        return std::move(*row).value_or(UnreadRow());
    }
    void put_unread(TimerKind kind, const UnreadRow& row) {
        rows_.put(unread_key(kind), row.SerializeAsString());
    }
    void erase_due(TimerKind kind, const UnreadRow& row) {
        if (row.due_version() == 0) return;
        const auto at = number_key(static_cast<std::uint64_t>(row.due_unix_ms()));
        rows_.erase(due_key(kind, at, meta_.tenant, meta_.stream.uuid));
    }
    void wait_for_last(TimerKind kind, UnreadRow& row) {
        erase_due(kind, row);
        row.set_due_unix_ms(row.last_unix_ms());
        row.set_due_version(row.last_version());
        put_due(kind,
                number_key(static_cast<std::uint64_t>(row.due_unix_ms())),
                events::Version{row.due_version()});
    }
    void put_due(TimerKind kind, std::string_view at, events::Version version) {
        TimerRow row;
        row.set_stream_kind(meta_.stream.kind);
        row.set_version(version.value);
        rows_.put(due_key(kind, at, meta_.tenant, meta_.stream.uuid), row.SerializeAsString());
    }
    [[nodiscard]] std::string widget_key() const {
        return row_key(kWidgetRow, meta_.tenant, meta_.stream.uuid.view());
    }
    [[nodiscard]] std::string stream_key(TimerKind kind, char row = kStreamRow) const {
        const char last = static_cast<char>(kind);
        return row_key(row, meta_.tenant, meta_.stream.uuid.view(), {&last, 1});
    }
    [[nodiscard]] std::string unread_key(TimerKind kind) const {
        return stream_key(kind, kUnreadRow);
    }

    const events::CommitMeta& meta_;
    Rows& rows_;
};

Status apply_account(const AccountEvent& event, events::Version version, Timers& timers) {
    switch (event.body_case()) {
        case AccountEvent::kEmailConfirmationRequested:
            return timers.set(TimerKind::kConfirmation,
                              event.email_confirmation_requested().valid_until_unix_ms(),
                              version);
        case AccountEvent::kEmailConfirmed:
        case AccountEvent::kConfirmationExpired:
            return timers.clear(TimerKind::kConfirmation);
        case AccountEvent::kAccountRegistered:
        case AccountEvent::kRegistrationCompleted:
        case AccountEvent::kPasswordChanged:
        case AccountEvent::kPasswordResetRequested:
        case AccountEvent::kPasswordReset:
        case AccountEvent::kAccountLocked:
        case AccountEvent::kAccountUnlocked:
        case AccountEvent::kCompanyLinked:
        case AccountEvent::kCompanyUnlinked:
        case AccountEvent::BODY_NOT_SET:
            break;
    }
    return {};
}

Status apply_reservation(const ReservationEvent& event, events::Version version, Timers& timers) {
    switch (event.body_case()) {
        case ReservationEvent::kReserved:
            return timers.set(
                TimerKind::kReservation, event.reserved().confirm_before_unix_ms(), version);
        case ReservationEvent::kReservationConfirmed:
        case ReservationEvent::kReservationReleased:
            return timers.clear(TimerKind::kReservation);
        case ReservationEvent::BODY_NOT_SET:
            break;
    }
    return {};
}

Status apply_invitation(const InvitationEvent& event, events::Version version, Timers& timers) {
    switch (event.body_case()) {
        case InvitationEvent::kInvitationSent:
            return timers.set(
                TimerKind::kInvitation, event.invitation_sent().valid_until_unix_ms(), version);
        case InvitationEvent::kInvitationAccepted:
        case InvitationEvent::kInvitationWithdrawn:
        case InvitationEvent::kInvitationExpired:
            return timers.clear(TimerKind::kInvitation);
        case InvitationEvent::BODY_NOT_SET:
            break;
    }
    return {};
}

Status apply_mail(const MailEvent& event,
                  std::int64_t time_unix_ms,
                  events::Version version,
                  Timers& timers) {
    switch (event.body_case()) {
        case MailEvent::kMailQueued:
            return timers.set(TimerKind::kMail, time_unix_ms, version);
        case MailEvent::kMailFailed:
            return timers.set(
                TimerKind::kMail, event.mail_failed().next_attempt_unix_ms(), version);
        case MailEvent::kMailSent:
        case MailEvent::kMailGivenUp:
        case MailEvent::kMailDropped:
            return timers.clear(TimerKind::kMail);
        case MailEvent::BODY_NOT_SET:
            break;
    }
    return {};
}

// A side that writes has read what the other wrote before.
Status apply_message(parlour::conversation::v1::Author author,
                     events::Version version,
                     Timers& timers) {
    const auto widget = timers.is_from_widget();
    if (!widget) return std::unexpected(widget.error());
    if (!*widget) return {};
    const bool by_visitor = author == AUTHOR_VISITOR;
    const auto own = by_visitor ? TimerKind::kUnreadByVisitor : TimerKind::kUnreadByExpert;
    if (auto cleared = timers.clear_unread(own); !cleared) return cleared;
    return timers.unread(by_visitor ? TimerKind::kUnreadByExpert : TimerKind::kUnreadByVisitor,
                         version);
}

Status apply_conversation(const ConversationEvent& event, events::Version version, Timers& timers) {
    switch (event.body_case()) {
        case ConversationEvent::kConversationOpened:
            if (event.conversation_opened().channel() ==
                parlour::conversation::v1::CHANNEL_WIDGET) {
                timers.came_through_widget();
            }
            break;
        case ConversationEvent::kMessageSent:
            return apply_message(event.message_sent().author(), version, timers);
        case ConversationEvent::kOfflineMessageLeft:
            return apply_message(AUTHOR_VISITOR, version, timers);
        case ConversationEvent::kMessagesRead:
            return timers.seen(event.messages_read().reader() == AUTHOR_VISITOR
                                   ? TimerKind::kUnreadByVisitor
                                   : TimerKind::kUnreadByExpert,
                               event.messages_read().up_to_version());
        case ConversationEvent::kMissedMessageMailQueued:
            return timers.seen(TimerKind::kUnreadByExpert,
                               event.missed_message_mail_queued().up_to_version());
        case ConversationEvent::kUnreadMailQueued:
            return timers.told(TimerKind::kUnreadByVisitor,
                               event.unread_mail_queued().up_to_version());
        case ConversationEvent::kConnectionModeChosen:
        case ConversationEvent::kConversationClosed:
        case ConversationEvent::kConversationReopened:
        case ConversationEvent::BODY_NOT_SET:
            break;
    }
    return {};
}

template <class Envelope, class Apply>
Status each_event(const Committed& committed, Apply apply) {
    Envelope envelope;
    const auto& opened = committed.opened;
    for (int i = 0; i < opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, envelope); !read) return read;
        const auto version = opened.meta.first_version.value + static_cast<unsigned>(i);
        if (auto applied = apply(envelope, events::Version{version}); !applied) return applied;
    }
    return {};
}

}  // namespace

Status TimerView::apply(const Committed& committed, Rows& rows) {
    Timers timers(committed, rows);
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind == parlour::log::v1::STREAM_KIND_ACCOUNT) {
        return each_event<AccountEvent>(committed, [&](const auto& event, auto version) {
            return apply_account(event, version, timers);
        });
    }
    if (meta.stream.kind == parlour::log::v1::STREAM_KIND_RESERVATION) {
        return each_event<ReservationEvent>(committed, [&](const auto& event, auto version) {
            return apply_reservation(event, version, timers);
        });
    }
    if (meta.stream.kind == parlour::log::v1::STREAM_KIND_INVITATION) {
        return each_event<InvitationEvent>(committed, [&](const auto& event, auto version) {
            return apply_invitation(event, version, timers);
        });
    }
    if (meta.stream.kind == parlour::log::v1::STREAM_KIND_CONVERSATION) {
        return each_event<ConversationEvent>(committed, [&](const auto& event, auto version) {
            return apply_conversation(event, version, timers);
        });
    }
    if (meta.stream.kind == parlour::log::v1::STREAM_KIND_MAIL) {
        return each_event<MailEvent>(committed, [&](const auto& event, auto version) {
            return apply_mail(event, meta.time_unix_ms, version, timers);
        });
    }
    return {};
}

events::Result<std::vector<Timer>> TimerView::due(Store& store,
                                                  TimerKind kind,
                                                  std::int64_t until_unix_ms,
                                                  std::size_t limit,
                                                  std::int64_t since_unix_ms) const {
    std::vector<Timer> timers;
    Status status;
    const auto prefix = due_prefix(kind);
    const auto first =
        number_key(static_cast<std::uint64_t>(std::max<std::int64_t>(since_unix_ms, 0)));
    const auto scanned =
        store.scan(*this, prefix, first, [&](std::string_view key, std::string_view value) {
            key.remove_prefix(prefix.size());
            TimerRow row;
            if (key.size() != kNumberBytes + events::TenantId::kSize + events::Uuid::kSize ||
                !row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
                status = fail(Errc::kDamaged, "a row of the timers does not parse");
                return false;
            }
            const auto at = events::get_number<std::uint64_t>(key.data());
            if (static_cast<std::int64_t>(at) > until_unix_ms) return false;
            key.remove_prefix(kNumberBytes);
            timers.push_back(
                {.kind = kind,
                 .tenant = *events::TenantId::from_bytes(key.substr(0, events::TenantId::kSize)),
                 .stream = {.kind = row.stream_kind(),
                            .uuid = *events::Uuid::from_bytes(key.substr(events::TenantId::kSize))},
                 .version = events::Version{row.version()},
                 .at_unix_ms = static_cast<std::int64_t>(at)});
            return timers.size() < limit;
        });
    if (!scanned) return std::unexpected(scanned.error());
    if (!status) return std::unexpected(status.error());
    return timers;
}

}  // namespace projections

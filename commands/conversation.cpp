#include "commands/conversation.hpp"

#include <algorithm>

#include "commands/text.hpp"

namespace commands {
namespace {

using events::Uuid;
using events::Version;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::AUTHOR_VISITOR;
using Event = Conversation::Event;
using Rejection = Conversation::Rejection;
using State = Conversation::State;
using Verdict = std::optional<Rejection>;

// Whether the conversation is there, and theirs where somebody in particular asks.
Verdict refusal_to(const State& state, Author side, const std::optional<Uuid>& party) {
    if (!state.opened) return Rejection::kNotOpened;
    if (party && *party != (side == AUTHOR_VISITOR ? state.visitor : state.expert)) {
        return Rejection::kNotTheirs;
    }
    return std::nullopt;
}

Verdict refusal_of(const std::string& text) {
    if (text.size() > kMessageBytesMax) return Rejection::kTextTooLong;
    if (has_nul(text)) return Rejection::kTextHasNul;
    if (is_blank(text)) return Rejection::kTextBlank;
    return std::nullopt;
}

Event opening(const OpenConversation& open) {
    Event event;
    auto& opened = *event.mutable_conversation_opened();
    opened.set_visitor_id(std::string(open.visitor.view()));
    opened.set_expert_id(std::string(open.expert.view()));
    opened.set_channel(open.channel);
    return event;
}

Event message(const SendMessage& send, const Context& context) {
    Event event;
    if (send.offline && send.author == AUTHOR_VISITOR) {
        auto& left = *event.mutable_offline_message_left();
        left.set_message_id(std::string(context.command.view()));
        left.set_text(send.text.reveal());
        return event;
    }
    auto& sent = *event.mutable_message_sent();
    sent.set_message_id(std::string(context.command.view()));
    sent.set_author(send.author);
    sent.set_text(send.text.reveal());
    return event;
}

Event choice(parlour::conversation::v1::ConnectionMode mode) {
    Event event;
    event.mutable_connection_mode_chosen()->set_mode(mode);
    return event;
}

Decision<Conversation> decide_one(const State& state,
                                  const OpenConversation& open,
                                  const Context&) {
    if (state.opened) return std::unexpected(Rejection::kAlreadyOpened);
    return std::vector{opening(open)};
}

Decision<Conversation> decide_one(const State& state,
                                  const SendMessage& send,
                                  const Context& context) {
    if (const auto refusal = refusal_to(state, send.author, send.party)) {
        return std::unexpected(*refusal);
    }
    if (const auto refusal = refusal_of(send.text.reveal())) return std::unexpected(*refusal);
    std::vector<Event> events;
    if (state.closed) events.emplace_back().mutable_conversation_reopened();
    events.push_back(message(send, context));
    return events;
}

Decision<Conversation> decide_one(const State& state,
                                  const BeginConversation& begin,
                                  const Context& context) {
    if (state.closed) return std::unexpected(Rejection::kClosed);
    if (const auto refusal = refusal_of(begin.message.text.reveal())) {
        return std::unexpected(*refusal);
    }
    std::vector<Event> events;
    if (!state.opened) {
        auto& opened = events.emplace_back(opening(begin.open));
        if (begin.widget) {
            opened.mutable_conversation_opened()->set_widget_id(std::string(begin.widget->view()));
        }
        if (begin.mode != parlour::conversation::v1::CONNECTION_MODE_UNSPECIFIED) {
            events.push_back(choice(begin.mode));
        }
    }
    events.push_back(message(begin.message, context));
    return events;
}

Decision<Conversation> decide_one(const State& state,
                                  const ChooseConnectionMode& choose,
                                  const Context&) {
    if (const auto refusal = refusal_to(state, choose.by, choose.party)) {
        return std::unexpected(*refusal);
    }
    if (choose.mode == parlour::conversation::v1::CONNECTION_MODE_UNSPECIFIED) {
        return std::unexpected(Rejection::kModeUnspecified);
    }
    if (choose.mode == state.mode) return std::vector<Event>{};
    return std::vector{choice(choose.mode)};
}

// A marker stops at the last message: two readers who each mark the other's marker as read would
// otherwise never come to rest.
Decision<Conversation> decide_one(const State& state, const MarkRead& mark, const Context&) {
    if (const auto refusal = refusal_to(state, mark.reader, mark.party)) {
        return std::unexpected(*refusal);
    }
    if (mark.up_to > state.version) return std::unexpected(Rejection::kVersionAhead);
    const Version up_to = std::min(mark.up_to, state.last_message);
    if (up_to <= (mark.reader == AUTHOR_VISITOR ? state.read_by_visitor : state.read_by_expert)) {
        return std::vector<Event>{};
    }
    Event event;
    event.mutable_messages_read()->set_reader(mark.reader);
    event.mutable_messages_read()->set_up_to_version(up_to.value);
    return std::vector{std::move(event)};
}

Decision<Conversation> decide_one(const State& state,
                                  const CloseConversation& close,
                                  const Context&) {
    if (const auto refusal = refusal_to(state, close.by, close.party)) {
        return std::unexpected(*refusal);
    }
    if (state.closed) return std::vector<Event>{};
    Event event;
    event.mutable_conversation_closed()->set_closed_by(close.by);
    return std::vector{std::move(event)};
}

Decision<Conversation> decide_one(const State& state,
                                  const MailUnread& mail,
                                  const Context& context) {
    if (!state.opened) return std::unexpected(Rejection::kNotOpened);
    if (mail.reader == parlour::conversation::v1::AUTHOR_UNSPECIFIED) {
        return std::unexpected(Rejection::kReaderUnspecified);
    }
    const bool visitor = mail.reader == AUTHOR_VISITOR;
    const auto unread =
        unread_of(state.mails, mail, visitor ? state.read_by_visitor : state.read_by_expert);
    if (!unread) return std::vector<Event>{};
    const auto fill = [&](auto& queued) {
        queued.set_mail_id(std::string(mail.mail ? mail.mail->view() : context.command.view()));
        queued.set_from_version(unread->from.value);
        queued.set_up_to_version(unread->up_to.value);
        queued.set_locale(mail.locale);
    };
    Event event;
    if (visitor) {
        fill(*event.mutable_unread_mail_queued());
        event.mutable_unread_mail_queued()->set_visitor_id(std::string(state.visitor.view()));
    } else {
        fill(*event.mutable_missed_message_mail_queued());
        event.mutable_missed_message_mail_queued()->set_expert_id(std::string(state.expert.view()));
    }
    return std::vector{std::move(event)};
}

void open(State& state, const parlour::conversation::v1::ConversationOpened& opened) {
    state.opened = true;
    state.visitor = Uuid::from_bytes(opened.visitor_id()).value_or(Uuid{});
    state.expert = Uuid::from_bytes(opened.expert_id()).value_or(Uuid{});
    state.mails.wanted = opened.channel() == parlour::conversation::v1::CHANNEL_WIDGET;
}

void move_marker(State& state, const parlour::conversation::v1::MessagesRead& read) {
    auto& marker = read.reader() == AUTHOR_VISITOR ? state.read_by_visitor : state.read_by_expert;
    marker = Version{read.up_to_version()};
}

}  // namespace

Decision<Conversation> Conversation::decide(const State& state,
                                            const Command& command,
                                            const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void Conversation::evolve(State& state, const Event& event) {
    ++state.version.value;
    switch (event.body_case()) {
        case Event::kConversationOpened:
            open(state, event.conversation_opened());
            break;
        case Event::kConnectionModeChosen:
            state.mode = event.connection_mode_chosen().mode();
            break;
        case Event::kMessageSent:
            state.last_message = state.version;
            (event.message_sent().author() == AUTHOR_VISITOR ? state.mails.from_visitor
                                                             : state.mails.from_expert) =
                state.version;
            break;
        case Event::kOfflineMessageLeft:
            state.last_message = state.version;
            state.mails.from_visitor = state.version;
            break;
        case Event::kMessagesRead:
            move_marker(state, event.messages_read());
            break;
        case Event::kConversationClosed:
            state.closed = true;
            break;
        case Event::kConversationReopened:
            state.closed = false;
            break;
        case Event::kMissedMessageMailQueued:
            state.mails.told_expert = Version{event.missed_message_mail_queued().up_to_version()};
            break;
        case Event::kUnreadMailQueued:
            state.mails.told_visitor = Version{event.unread_mail_queued().up_to_version()};
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

Verdict Conversation::refusal_of(const events::Personal& text) {
    return commands::refusal_of(text.reveal());
}

RejectionText Conversation::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyOpened:
            return {RefusalKind::kConflict,
                    "conversation-already-opened",
                    "The conversation was opened already."};
        case Rejection::kNotOpened:
        case Rejection::kNotTheirs:
            return {
                RefusalKind::kNotFound, "conversation-not-found", "There is no such conversation."};
        case Rejection::kClosed:
            return {RefusalKind::kConflict,
                    "conversation-closed",
                    "The conversation is closed; open the next one."};
        case Rejection::kTextBlank:
            return {RefusalKind::kRefused,
                    "text-blank",
                    "A message must hold something else than white space."};
        case Rejection::kTextTooLong:
            return {RefusalKind::kRefused,
                    "text-too-long",
                    "A message is at most 65536 bytes of UTF-8."};
        case Rejection::kTextHasNul:
            return {RefusalKind::kRefused,
                    "text-has-nul",
                    "A message must not hold the character U+0000."};
        case Rejection::kModeUnspecified:
            return {RefusalKind::kRefused, "mode-unspecified", "A connection mode must be named."};
        case Rejection::kReaderUnspecified:
            return {RefusalKind::kRefused, "reader-unspecified", "A mail is for one of the sides."};
        case Rejection::kVersionAhead:
            return {RefusalKind::kRefused,
                    "version-ahead",
                    "The conversation has not come to that version; give one that you were shown."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands

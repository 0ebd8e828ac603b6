#include "commands/conversation.hpp"

#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Conversation::Event;
using Rejection = Conversation::Rejection;
using State = Conversation::State;

Decision<Conversation> decide_one(const State& state,
                                  const OpenConversation& open,
                                  const Context&) {
    if (state.opened) return std::unexpected(Rejection::kAlreadyOpened);
    Event event;
    auto& opened = *event.mutable_conversation_opened();
    opened.set_visitor_id(std::string(open.visitor.view()));
    opened.set_expert_id(std::string(open.expert.view()));
    return std::vector{std::move(event)};
}

Decision<Conversation> decide_one(const State& state,
                                  const SendMessage& send,
                                  const Context& context) {
    const auto& text = send.text.reveal();
    if (!state.opened) return std::unexpected(Rejection::kNotOpened);
    if (text.size() > kMessageBytesMax) return std::unexpected(Rejection::kTextTooLong);
    if (has_nul(text)) return std::unexpected(Rejection::kTextHasNul);
    if (is_blank(text)) return std::unexpected(Rejection::kTextBlank);
    Event event;
    auto& sent = *event.mutable_message_sent();
    sent.set_message_id(std::string(context.command.view()));
    sent.set_author(send.author);
    sent.set_text(text);
    return std::vector{std::move(event)};
}

Decision<Conversation> decide_one(const State& state,
                                  const ChooseConnectionMode& choose,
                                  const Context&) {
    if (!state.opened) return std::unexpected(Rejection::kNotOpened);
    if (choose.mode == parlour::conversation::v1::CONNECTION_MODE_UNSPECIFIED) {
        return std::unexpected(Rejection::kModeUnspecified);
    }
    if (choose.mode == state.mode) return std::vector<Event>{};
    Event event;
    event.mutable_connection_mode_chosen()->set_mode(choose.mode);
    return std::vector{std::move(event)};
}

}  // namespace

Decision<Conversation> Conversation::decide(const State& state,
                                            const Command& command,
                                            const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void Conversation::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kConversationOpened:
            state.opened = true;
            break;
        case Event::kConnectionModeChosen:
            state.mode = event.connection_mode_chosen().mode();
            break;
        case Event::kMessageSent:
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Conversation::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyOpened:
            return {RefusalKind::kConflict,
                    "conversation-already-opened",
                    "The conversation was opened already."};
        case Rejection::kNotOpened:
            return {
                RefusalKind::kNotFound, "conversation-not-found", "There is no such conversation."};
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
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands

#pragma once

#include <optional>
#include <variant>

#include "commands/conversation_mail.hpp"
#include "commands/decider.hpp"
#include "events/secret.hpp"
#include "parlour/conversation/v1/events.pb.h"

// A conversation between one visitor and one expert: opened once, then messages in order, in a mode
// that either side may change, with one read marker for each side. Either side closes it; the next
// message opens it again.
namespace commands {

// Where `party` is given, the command comes from that very visitor or expert (by `author`, `reader`
// or `by`) and is refused as not found when the conversation is not theirs.

struct OpenConversation {
    events::Uuid visitor;
    events::Uuid expert;
    parlour::conversation::v1::Channel channel{};
};

struct SendMessage {
    parlour::conversation::v1::Author author{};
    events::Personal text;  // 1 to kMessageBytesMax bytes, not only white space, no NUL
    std::optional<events::Uuid> party;
    bool offline = false;  // a visitor's, while the expert cannot be reached
};

// What a visitor writes to an expert from the widget: opens the conversation with it, or goes on
// with the one there is. A closed one is refused: the next conversation of the two is another
// stream.
struct BeginConversation {
    OpenConversation open;
    std::optional<events::Uuid> widget;
    parlour::conversation::v1::ConnectionMode mode{};  // unspecified: none is chosen
    SendMessage message;
};

struct ChooseConnectionMode {
    parlour::conversation::v1::ConnectionMode mode{};  // not the unspecified one
    parlour::conversation::v1::Author by{};            // looked at with `party` only
    std::optional<events::Uuid> party;
};

struct MarkRead {
    parlour::conversation::v1::Author reader{};
    events::Version up_to;  // at most the stream's; what follows the last message counts as it
    std::optional<events::Uuid> party;
};

struct CloseConversation {
    parlour::conversation::v1::Author by{};
    std::optional<events::Uuid> party;
};

struct Conversation {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
    using Event = parlour::conversation::v1::ConversationEvent;
    using Command = std::variant<OpenConversation,
                                 SendMessage,
                                 BeginConversation,
                                 ChooseConnectionMode,
                                 MarkRead,
                                 CloseConversation,
                                 MailUnread>;
    enum class Rejection : std::uint8_t {
        kAlreadyOpened,
        kNotOpened,
        kNotTheirs,
        kClosed,
        kTextBlank,
        kTextTooLong,
        kTextHasNul,
        kModeUnspecified,
        kVersionAhead,
        kReaderUnspecified,
    };
    struct State {
        bool opened = false;
        bool closed = false;
        events::Uuid visitor;
        events::Uuid expert;
        parlour::conversation::v1::ConnectionMode mode{};
        events::Version version;       // of the last event
        events::Version last_message;  // of either side; 0: none
        events::Version read_by_visitor;
        events::Version read_by_expert;
        UnreadMails mails;
    };

    static Decision<Conversation> decide(const State& state,
                                         const Command& command,
                                         const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
    // Why a text can be no message; nothing for one that can.
    static std::optional<Rejection> refusal_of(const events::Personal& text);
};

}  // namespace commands

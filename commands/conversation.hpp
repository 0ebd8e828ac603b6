#pragma once

#include <variant>

#include "commands/decider.hpp"
#include "events/secret.hpp"
#include "parlour/conversation/v1/events.pb.h"

// A conversation between one visitor and one expert: opened once, then messages in order,
// in a mode that either side may change.
namespace commands {

struct OpenConversation {
    events::Uuid visitor;
    events::Uuid expert;
};

struct SendMessage {
    parlour::conversation::v1::Author author{};
    events::Personal text;  // 1 to kMessageBytesMax bytes, not only white space, no NUL
};

struct ChooseConnectionMode {
    parlour::conversation::v1::ConnectionMode mode{};  // not the unspecified one
};

struct Conversation {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
    using Event = parlour::conversation::v1::ConversationEvent;
    using Command = std::variant<OpenConversation, SendMessage, ChooseConnectionMode>;
    enum class Rejection : std::uint8_t {
        kAlreadyOpened,
        kNotOpened,
        kTextBlank,
        kTextTooLong,
        kTextHasNul,
        kModeUnspecified,
    };
    struct State {
        bool opened = false;
        parlour::conversation::v1::ConnectionMode mode{};
    };

    static Decision<Conversation> decide(const State& state,
                                         const Command& command,
                                         const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands

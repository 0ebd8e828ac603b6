#include "commands/conversation.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "commands/text.hpp"
#include "tests/support/given.hpp"

namespace {

using commands::ChooseConnectionMode;
using commands::Conversation;
using commands::OpenConversation;
using commands::SendMessage;
using events::CommandId;
using events::Personal;
using events::Uuid;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::ConnectionMode;
using Rejection = Conversation::Rejection;

using Given = test_support::Given<Conversation>;

const Uuid kVisitor{.bytes = {1}};
const Uuid kExpert{.bytes = {2}};
const CommandId kCommand{.bytes = {3}};

Conversation::Event opened() {
    Conversation::Event event;
    event.mutable_conversation_opened()->set_visitor_id(std::string(kVisitor.view()));
    event.mutable_conversation_opened()->set_expert_id(std::string(kExpert.view()));
    return event;
}

Conversation::Event sent(const std::string& text, Author author = Author::AUTHOR_VISITOR) {
    Conversation::Event event;
    event.mutable_message_sent()->set_message_id(std::string(kCommand.view()));
    event.mutable_message_sent()->set_author(author);
    event.mutable_message_sent()->set_text(text);
    return event;
}

Conversation::Event chosen(ConnectionMode mode) {
    Conversation::Event event;
    event.mutable_connection_mode_chosen()->set_mode(mode);
    return event;
}

SendMessage message(std::string text, Author author = Author::AUTHOR_VISITOR) {
    return {.author = author, .text = Personal(std::move(text))};
}

const commands::Context kContext{.command = kCommand, .now_ms = 0};

}  // namespace

BOOST_AUTO_TEST_SUITE(conversation)

// E01
BOOST_AUTO_TEST_CASE(opening_names_the_visitor_and_the_expert) {
    Given{}.when(OpenConversation{.visitor = kVisitor, .expert = kExpert}).then({opened()});
}

// E01
BOOST_AUTO_TEST_CASE(opening_twice_is_rejected) {
    Given{{opened()}}
        .when(OpenConversation{.visitor = kVisitor, .expert = kExpert})
        .then_rejected(Rejection::kAlreadyOpened);
}

// E01
BOOST_AUTO_TEST_CASE(a_message_is_kept_as_it_was_written) {
    Given{{opened()}}.when(message("  zwölf \n"), kContext).then({sent("  zwölf \n")});
}

// E01
BOOST_AUTO_TEST_CASE(an_expert_answers_in_the_same_conversation) {
    Given{{opened(), sent("hello")}}
        .when(message("good morning", Author::AUTHOR_EXPERT), kContext)
        .then({sent("good morning", Author::AUTHOR_EXPERT)});
}

BOOST_AUTO_TEST_CASE(the_same_words_twice_are_two_messages) {
    Given{{opened(), sent("hello")}}.when(message("hello"), kContext).then({sent("hello")});
}

BOOST_AUTO_TEST_CASE(a_message_to_an_unopened_conversation_is_rejected) {
    Given{}.when(message("hello")).then_rejected(Rejection::kNotOpened);
}

BOOST_AUTO_TEST_CASE(a_message_of_exactly_the_limit_is_taken) {
    const std::string text(commands::kMessageBytesMax, 'x');
    Given{{opened()}}.when(message(text), kContext).then({sent(text)});
}

BOOST_AUTO_TEST_CASE(a_message_one_byte_over_the_limit_is_rejected) {
    Given{{opened()}}
        .when(message(std::string(commands::kMessageBytesMax + 1, 'x')))
        .then_rejected(Rejection::kTextTooLong);
}

BOOST_AUTO_TEST_CASE(a_message_with_a_nul_character_is_rejected) {
    Given{{opened()}}.when(message(std::string("a\0b", 3))).then_rejected(Rejection::kTextHasNul);
}

BOOST_AUTO_TEST_CASE(a_message_of_white_space_only_is_rejected) {
    for (const std::string text : {"", "   ", "\n\t", "\u00a0\u2003\u3000", "\u2028\u2029\u0085"}) {
        Given{{opened()}}.when(message(text)).then_rejected(Rejection::kTextBlank);
    }
}

// E08
BOOST_AUTO_TEST_CASE(a_visitor_may_choose_a_chat_without_picture_and_sound) {
    Given{{opened()}}
        .when(ChooseConnectionMode{.mode = ConnectionMode::CONNECTION_MODE_TEXT})
        .then({chosen(ConnectionMode::CONNECTION_MODE_TEXT)});
}

// E08
BOOST_AUTO_TEST_CASE(choosing_the_mode_there_is_changes_nothing) {
    Given{{opened(), chosen(ConnectionMode::CONNECTION_MODE_TEXT)}}
        .when(ChooseConnectionMode{.mode = ConnectionMode::CONNECTION_MODE_TEXT})
        .then_nothing();
}

// E08
BOOST_AUTO_TEST_CASE(a_mode_that_is_none_or_of_an_unopened_conversation_is_rejected) {
    Given{{opened()}}.when(ChooseConnectionMode{}).then_rejected(Rejection::kModeUnspecified);
    Given{}
        .when(ChooseConnectionMode{.mode = ConnectionMode::CONNECTION_MODE_TEXT})
        .then_rejected(Rejection::kNotOpened);
}

BOOST_AUTO_TEST_CASE(invisible_characters_are_no_white_space) {
    for (const std::string text : {"\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164"}) {
        Given{{opened()}}.when(message(text), kContext).then({sent(text)});
    }
}

BOOST_AUTO_TEST_SUITE_END()

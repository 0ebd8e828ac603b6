#include "commands/conversation.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "commands/text.hpp"
#include "tests/support/given.hpp"

namespace {

using commands::BeginConversation;
using commands::ChooseConnectionMode;
using commands::CloseConversation;
using commands::Conversation;
using commands::MarkRead;
using commands::OpenConversation;
using commands::SendMessage;
using events::CommandId;
using events::Personal;
using events::Uuid;
using events::Version;
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

Conversation::Event left_offline(const std::string& text) {
    Conversation::Event event;
    event.mutable_offline_message_left()->set_message_id(std::string(kCommand.view()));
    event.mutable_offline_message_left()->set_text(text);
    return event;
}

Conversation::Event read(Author reader, std::uint64_t up_to) {
    Conversation::Event event;
    event.mutable_messages_read()->set_reader(reader);
    event.mutable_messages_read()->set_up_to_version(up_to);
    return event;
}

Conversation::Event closed(Author by) {
    Conversation::Event event;
    event.mutable_conversation_closed()->set_closed_by(by);
    return event;
}

Conversation::Event reopened() {
    Conversation::Event event;
    event.mutable_conversation_reopened();
    return event;
}

BeginConversation beginning(std::string text) {
    return {.open = {.visitor = kVisitor,
                     .expert = kExpert,
                     .channel = parlour::conversation::v1::CHANNEL_WIDGET},
            .widget = Uuid{.bytes = {4}},
            .mode = {},
            .message = message(std::move(text))};
}

Conversation::Event opened_in_widget() {
    auto event = opened();
    event.mutable_conversation_opened()->set_widget_id(std::string(Uuid{.bytes = {4}}.view()));
    event.mutable_conversation_opened()->set_channel(parlour::conversation::v1::CHANNEL_WIDGET);
    return event;
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

// E03
BOOST_AUTO_TEST_CASE(a_message_for_an_expert_who_is_offline_carries_the_mark_itself) {
    auto send = message("please call back");
    send.offline = true;
    Given{{opened()}}.when(send, kContext).then({left_offline("please call back")});
    send.author = Author::AUTHOR_EXPERT;
    Given{{opened()}}.when(send, kContext).then({sent("please call back", Author::AUTHOR_EXPERT)});
}

// CPL02
BOOST_AUTO_TEST_CASE(a_first_message_opens_the_conversation_with_it) {
    Given{}.when(beginning("hello"), kContext).then({opened_in_widget(), sent("hello")});
}

// CPL02
BOOST_AUTO_TEST_CASE(a_second_first_message_goes_on_with_the_conversation_there_is) {
    Given{{opened_in_widget(), sent("hello")}}
        .when(beginning("hello again"), kContext)
        .then({sent("hello again")});
}

// E08
BOOST_AUTO_TEST_CASE(a_first_message_may_choose_the_mode_with_it) {
    auto begin = beginning("hello");
    begin.mode = ConnectionMode::CONNECTION_MODE_TEXT;
    Given{}
        .when(begin, kContext)
        .then({opened_in_widget(), chosen(ConnectionMode::CONNECTION_MODE_TEXT), sent("hello")});
}

// E03
BOOST_AUTO_TEST_CASE(a_first_message_to_an_offline_expert_is_left_for_later) {
    auto begin = beginning("hello");
    begin.message.offline = true;
    Given{}.when(begin, kContext).then({opened_in_widget(), left_offline("hello")});
}

BOOST_AUTO_TEST_CASE(a_first_message_neither_opens_nor_joins_what_is_closed) {
    Given{{opened_in_widget(), sent("hello"), closed(Author::AUTHOR_EXPERT)}}
        .when(beginning("hello again"))
        .then_rejected(Rejection::kClosed);
}

BOOST_AUTO_TEST_CASE(a_first_message_of_nothing_opens_nothing) {
    Given{}.when(beginning(" ")).then_rejected(Rejection::kTextBlank);
}

// X08
BOOST_AUTO_TEST_CASE(each_side_has_a_read_marker_of_its_own) {
    Given{{opened(), sent("1"), sent("2"), read(Author::AUTHOR_EXPERT, 3)}}
        .when(MarkRead{.reader = Author::AUTHOR_VISITOR, .up_to = Version{2}, .party = kVisitor})
        .then({read(Author::AUTHOR_VISITOR, 2)});
}

// X08
BOOST_AUTO_TEST_CASE(a_read_marker_only_goes_forward) {
    const Given given{{opened(), sent("1"), sent("2"), read(Author::AUTHOR_EXPERT, 2)}};
    for (const std::uint64_t version : {0U, 1U, 2U}) {
        given
            .when(MarkRead{.reader = Author::AUTHOR_EXPERT, .up_to = Version{version}, .party = {}})
            .then_nothing();
    }
    given.when(MarkRead{.reader = Author::AUTHOR_EXPERT, .up_to = Version{3}, .party = {}})
        .then({read(Author::AUTHOR_EXPERT, 3)});
}

// X08
BOOST_AUTO_TEST_CASE(markers_of_markers_come_to_rest_at_the_last_message) {
    const Given given{{opened(), sent("1"), read(Author::AUTHOR_EXPERT, 2)}};
    given.when(MarkRead{.reader = Author::AUTHOR_VISITOR, .up_to = Version{3}, .party = {}})
        .then({read(Author::AUTHOR_VISITOR, 2)});
    given.when(MarkRead{.reader = Author::AUTHOR_EXPERT, .up_to = Version{3}, .party = {}})
        .then_nothing();
    Given{{opened()}}
        .when(MarkRead{.reader = Author::AUTHOR_EXPERT, .up_to = Version{1}, .party = {}})
        .then_nothing();
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_yet_cannot_be_read) {
    Given{{opened(), sent("1")}}
        .when(MarkRead{.reader = Author::AUTHOR_EXPERT, .up_to = Version{3}, .party = {}})
        .then_rejected(Rejection::kVersionAhead);
}

BOOST_AUTO_TEST_CASE(either_side_closes_once) {
    for (const auto by : {Author::AUTHOR_VISITOR, Author::AUTHOR_EXPERT}) {
        Given{{opened(), sent("1")}}
            .when(CloseConversation{.by = by, .party = std::nullopt})
            .then({closed(by)});
        Given{{opened(), closed(Author::AUTHOR_EXPERT)}}
            .when(CloseConversation{.by = by, .party = std::nullopt})
            .then_nothing();
    }
}

BOOST_AUTO_TEST_CASE(a_message_opens_a_closed_conversation_again) {
    const auto shut = closed(Author::AUTHOR_VISITOR);
    Given{{opened(), shut}}
        .when(message("one more"), kContext)
        .then({reopened(), sent("one more")});
    Given{{opened(), shut, reopened(), sent("one more")}}
        .when(message("and more"), kContext)
        .then({sent("and more")});
}

// X14
BOOST_AUTO_TEST_CASE(a_conversation_of_somebody_else_is_as_good_as_none) {
    const Uuid stranger{.bytes = {9}};
    const Given given{{opened(), sent("1")}};
    for (const auto side : {Author::AUTHOR_VISITOR, Author::AUTHOR_EXPERT}) {
        auto send = message("psst", side);
        send.party = stranger;
        given.when(send).then_rejected(Rejection::kNotTheirs);
        given.when(CloseConversation{.by = side, .party = stranger})
            .then_rejected(Rejection::kNotTheirs);
        given.when(MarkRead{.reader = side, .up_to = Version{2}, .party = stranger})
            .then_rejected(Rejection::kNotTheirs);
        given
            .when(ChooseConnectionMode{
                .mode = ConnectionMode::CONNECTION_MODE_TEXT, .by = side, .party = stranger})
            .then_rejected(Rejection::kNotTheirs);
    }
    // The visitor is not the expert, nor the other way round.
    auto send = message("psst", Author::AUTHOR_EXPERT);
    send.party = kVisitor;
    given.when(send).then_rejected(Rejection::kNotTheirs);
    BOOST_TEST(Conversation::describe(Rejection::kNotTheirs).code ==
               Conversation::describe(Rejection::kNotOpened).code);
}

BOOST_AUTO_TEST_CASE(those_whose_conversation_it_is_may_go_on_with_it) {
    auto send = message("hello");
    send.party = kVisitor;
    Given{{opened()}}.when(send, kContext).then({sent("hello")});
    send = message("good morning", Author::AUTHOR_EXPERT);
    send.party = kExpert;
    Given{{opened()}}.when(send, kContext).then({sent("good morning", Author::AUTHOR_EXPERT)});
}

BOOST_AUTO_TEST_SUITE_END()

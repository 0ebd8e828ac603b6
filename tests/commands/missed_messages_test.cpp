#include <boost/test/unit_test.hpp>

#include "commands/conversation.hpp"
#include "commands/mail.hpp"
#include "commands/policies/missed_messages.hpp"
#include "tests/support/given.hpp"

namespace {

using commands::Conversation;
using commands::MailUnread;
using events::Uuid;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::AUTHOR_EXPERT;
using parlour::conversation::v1::AUTHOR_VISITOR;
using Event = Conversation::Event;
using Given = test_support::Given<Conversation>;

const Uuid kVisitor{.bytes = {1}};
const Uuid kExpert{.bytes = {2}};
const commands::Context kContext{.command = {.bytes = {3}}, .now_ms = 0};

Event opened(
    parlour::conversation::v1::Channel channel = parlour::conversation::v1::CHANNEL_WIDGET) {
    Event event;
    event.mutable_conversation_opened()->set_visitor_id(std::string(kVisitor.view()));
    event.mutable_conversation_opened()->set_expert_id(std::string(kExpert.view()));
    event.mutable_conversation_opened()->set_channel(channel);
    return event;
}

Event said(Author author) {
    Event event;
    event.mutable_message_sent()->set_author(author);
    event.mutable_message_sent()->set_text("hello");
    return event;
}

Event read_by(Author reader, std::uint64_t up_to) {
    Event event;
    event.mutable_messages_read()->set_reader(reader);
    event.mutable_messages_read()->set_up_to_version(up_to);
    return event;
}

Event mailed_to_expert(std::uint64_t from, std::uint64_t up_to) {
    Event event;
    auto& queued = *event.mutable_missed_message_mail_queued();
    queued.set_mail_id(std::string(kContext.command.view()));
    queued.set_expert_id(std::string(kExpert.view()));
    queued.set_from_version(from);
    queued.set_up_to_version(up_to);
    queued.set_locale("de");
    return event;
}

Event mailed_to_visitor(std::uint64_t from, std::uint64_t up_to) {
    Event event;
    auto& queued = *event.mutable_unread_mail_queued();
    queued.set_mail_id(std::string(kContext.command.view()));
    queued.set_visitor_id(std::string(kVisitor.view()));
    queued.set_from_version(from);
    queued.set_up_to_version(up_to);
    queued.set_locale("de");
    return event;
}

// As when the time of the message `waited_for` is over.
MailUnread mail_to(Author reader, std::uint64_t waited_for) {
    return {.reader = reader,
            .locale = "de",
            .waited_for = events::Version{waited_for},
            .mail = std::nullopt};
}

std::vector<commands::Asked> reaction_to(const Event& event) {
    events::CommitMeta meta;
    meta.tenant = {.bytes = {9}};
    meta.stream = {Conversation::kKind, Uuid{.bytes = {8}}};
    std::vector<commands::Asked> asked;
    commands::MissedMessages{}.react(
        {.commit = meta, .version = events::Version{1}, .envelope = event}, asked);
    return asked;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(missed_messages)

// E04
BOOST_AUTO_TEST_CASE(all_messages_that_the_expert_missed_go_into_one_mail) {
    Given({opened(), said(AUTHOR_VISITOR), said(AUTHOR_VISITOR)})
        .when(mail_to(AUTHOR_EXPERT, 2), kContext)
        .then({mailed_to_expert(1, 3)});
}

// E02
BOOST_AUTO_TEST_CASE(an_answer_that_the_visitor_has_not_read_is_told_by_mail) {
    Given({opened(), said(AUTHOR_VISITOR), said(AUTHOR_EXPERT)})
        .when(mail_to(AUTHOR_VISITOR, 3), kContext)
        .then({mailed_to_visitor(3, 3)});
}

// CPL21
BOOST_AUTO_TEST_CASE(a_mail_that_tells_of_other_conversations_too_is_named_as_it_is) {
    auto mail = mail_to(AUTHOR_EXPERT, 2);
    mail.mail = Uuid{.bytes = {77}};
    auto expected = mailed_to_expert(1, 2);
    expected.mutable_missed_message_mail_queued()->set_mail_id(std::string(mail.mail->view()));
    Given({opened(), said(AUTHOR_VISITOR)}).when(mail, kContext).then({expected});
}

// CPL21
BOOST_AUTO_TEST_CASE(what_was_read_is_not_mailed) {
    Given({opened(), said(AUTHOR_VISITOR), read_by(AUTHOR_EXPERT, 2)})
        .when(mail_to(AUTHOR_EXPERT, 2), kContext)
        .then_nothing();
}

// CPL21, CPL25: the timer was the first message's, which has just been read.
BOOST_AUTO_TEST_CASE(a_message_is_not_mailed_for_the_time_of_one_that_was_read) {
    const std::initializer_list<Event> given{
        opened(), said(AUTHOR_VISITOR), said(AUTHOR_VISITOR), read_by(AUTHOR_EXPERT, 2)};
    Given(given).when(mail_to(AUTHOR_EXPERT, 2), kContext).then_nothing();
    Given(given).when(mail_to(AUTHOR_EXPERT, 3), kContext).then({mailed_to_expert(3, 3)});
}

BOOST_AUTO_TEST_CASE(who_answers_has_read_what_came_before) {
    Given({opened(), said(AUTHOR_VISITOR), said(AUTHOR_EXPERT)})
        .when(mail_to(AUTHOR_EXPERT, 2), kContext)
        .then_nothing();
}

BOOST_AUTO_TEST_CASE(a_message_is_told_of_once) {
    Given({opened(), said(AUTHOR_VISITOR), mailed_to_expert(1, 2)})
        .when(mail_to(AUTHOR_EXPERT, 2), kContext)
        .then_nothing();
    Given({opened(), said(AUTHOR_VISITOR), mailed_to_expert(1, 2), said(AUTHOR_VISITOR)})
        .when(mail_to(AUTHOR_EXPERT, 4), kContext)
        .then({mailed_to_expert(3, 4)});
}

// E02, CPL21
BOOST_AUTO_TEST_CASE(a_visitor_who_was_told_is_not_told_again_before_it_reads) {
    const std::initializer_list<Event> told{
        opened(), said(AUTHOR_EXPERT), mailed_to_visitor(1, 2), said(AUTHOR_EXPERT)};
    Given(told).when(mail_to(AUTHOR_VISITOR, 4), kContext).then_nothing();
    std::vector<Event> read(told);
    read.push_back(read_by(AUTHOR_VISITOR, 2));
    Given(read).when(mail_to(AUTHOR_VISITOR, 4), kContext).then({mailed_to_visitor(3, 4)});
    std::vector<Event> written(told);
    written.push_back(said(AUTHOR_VISITOR));
    written.push_back(said(AUTHOR_EXPERT));
    Given(written).when(mail_to(AUTHOR_VISITOR, 6), kContext).then({mailed_to_visitor(6, 6)});
}

BOOST_AUTO_TEST_CASE(an_integrators_conversation_sends_no_mail) {
    Given({opened(parlour::conversation::v1::CHANNEL_API), said(AUTHOR_VISITOR)})
        .when(mail_to(AUTHOR_EXPERT, 2), kContext)
        .then_nothing();
}

BOOST_AUTO_TEST_CASE(a_mail_for_nobody_in_particular_is_rejected) {
    Given({opened()})
        .when(MailUnread{}, kContext)
        .then_rejected(Conversation::Rejection::kReaderUnspecified);
    Given{}
        .when(mail_to(AUTHOR_EXPERT, 1), kContext)
        .then_rejected(Conversation::Rejection::kNotOpened);
}

BOOST_AUTO_TEST_CASE(the_conversations_word_leads_to_one_mail_in_the_outbox) {
    const auto of_expert = reaction_to(mailed_to_expert(1, 3));
    BOOST_TEST_REQUIRE(of_expert.size() == 1U);
    BOOST_TEST((of_expert[0].tenant == events::TenantId{.bytes = {9}}));
    BOOST_TEST(reaction_to(mailed_to_visitor(3, 3)).size() == 1U);
    BOOST_TEST(reaction_to(said(AUTHOR_VISITOR)).empty());
}

BOOST_AUTO_TEST_SUITE_END()

#include "gateway/day_tally.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "parlour/conversation/v1/events.pb.h"
#include "parlour/totals/v1/events.pb.h"
#include "schemas/envelope.hpp"

namespace {

using commands::Measure;
using events::Uuid;
using gateway::DayTally;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::ConversationEvent;

const Uuid kVisitor{.bytes = {1}};
const Uuid kExpert{.bytes = {2}};

ConversationEvent opened() {
    ConversationEvent event;
    event.mutable_conversation_opened()->set_visitor_id(std::string(kVisitor.view()));
    event.mutable_conversation_opened()->set_expert_id(std::string(kExpert.view()));
    return event;
}

ConversationEvent said(Author by) {
    ConversationEvent event;
    event.mutable_message_sent()->set_author(by);
    return event;
}

// A commit of these events, without what is sealed.
template <class Event>
events::OpenedHeader commit(parlour::log::v1::StreamKind kind,
                            std::uint8_t stream,
                            const std::vector<Event>& all) {
    events::OpenedHeader opened;
    opened.meta.stream = {.kind = kind, .uuid = Uuid{.bytes = {stream}}};
    for (const auto& event : all) {
        auto& entry = *opened.header.add_events();
        entry.set_type(static_cast<std::uint32_t>(schemas::event_type_of(event)));
        entry.set_public_fields(event.SerializeAsString());
    }
    return opened;
}

events::OpenedHeader conversation(std::uint8_t stream, const std::vector<ConversationEvent>& all) {
    return commit(parlour::log::v1::STREAM_KIND_CONVERSATION, stream, all);
}

// A tally, and which conversations it had to look up.
struct World {
    std::vector<Uuid> asked;
    std::optional<DayTally::Parties> known{{.visitor = kVisitor, .expert = kExpert}};
    DayTally tally{
        [this](const Uuid& conversation) -> events::Result<std::optional<DayTally::Parties>> {
            asked.push_back(conversation);
            return known;
        }};

    void add(const events::OpenedHeader& opened) {
        BOOST_TEST_REQUIRE(tally.add(opened).has_value());
    }
    // How often it was counted, with this visitor and this expert.
    std::uint64_t count(Measure measure) {
        std::uint64_t sum = 0;
        for (const auto& one : tally.tallies()) {
            if (one.measure != measure) continue;
            BOOST_TEST((one.visitor == kVisitor));
            BOOST_TEST((one.expert == kExpert));
            sum += one.count;
        }
        return sum;
    }
};

}  // namespace

// DESIGN 9
BOOST_FIXTURE_TEST_SUITE(day_tally, World)

BOOST_AUTO_TEST_CASE(each_side_s_messages_are_counted_apart) {
    add(conversation(7, {opened(), said(Author::AUTHOR_VISITOR), said(Author::AUTHOR_VISITOR)}));
    add(conversation(7, {said(Author::AUTHOR_EXPERT)}));
    BOOST_TEST(count(Measure::kConversationsOpened) == 1U);
    BOOST_TEST(count(Measure::kMessagesFromVisitors) == 2U);
    BOOST_TEST(count(Measure::kMessagesFromExperts) == 1U);
    BOOST_TEST(asked.empty());  // its opening said whose it is
}

BOOST_AUTO_TEST_CASE(what_was_left_offline_and_what_was_closed_is_counted) {
    ConversationEvent offline;
    offline.mutable_offline_message_left();
    ConversationEvent closed;
    closed.mutable_conversation_closed();
    add(conversation(7, {opened(), offline}));
    add(conversation(7, {closed}));
    BOOST_TEST(count(Measure::kOfflineMessages) == 1U);
    BOOST_TEST(count(Measure::kConversationsClosed) == 1U);
}

BOOST_AUTO_TEST_CASE(a_conversation_of_another_day_is_looked_up_once) {
    add(conversation(7, {said(Author::AUTHOR_VISITOR)}));
    add(conversation(7, {said(Author::AUTHOR_VISITOR)}));
    BOOST_TEST(count(Measure::kMessagesFromVisitors) == 2U);
    BOOST_TEST(asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_conversation_that_is_being_erased_is_not_counted) {
    known.reset();
    add(conversation(7, {said(Author::AUTHOR_VISITOR)}));
    BOOST_TEST(tally.tallies().empty());
    BOOST_TEST(tally.has_work());
}

BOOST_AUTO_TEST_CASE(totals_are_no_work_of_their_own) {
    parlour::totals::v1::TotalsEvent totals;
    totals.mutable_day_totalled()->set_day("2026-11-22");
    add(commit<parlour::totals::v1::TotalsEvent>(
        parlour::log::v1::STREAM_KIND_TOTALS, 1, {totals}));
    BOOST_TEST(!tally.has_work());
    add(conversation(7, {opened()}));
    BOOST_TEST(tally.has_work());
}

BOOST_AUTO_TEST_CASE(an_event_of_a_newer_program_stops_the_counting) {
    auto newer = conversation(7, {opened()});
    newer.header.mutable_events(0)->set_type(4711);
    newer.header.mutable_events(0)->clear_public_fields();
    const auto added = tally.add(newer);
    BOOST_TEST_REQUIRE(!added.has_value());
    BOOST_TEST((added.error().code == events::Errc::kUnknownSchema));
}

BOOST_AUTO_TEST_SUITE_END()

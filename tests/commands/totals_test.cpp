#include "commands/totals.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/given.hpp"

namespace {

using commands::Measure;
using commands::Tally;
using commands::TotalDay;
using commands::Totals;
using Given = test_support::Given<Totals>;
using Rejection = Totals::Rejection;

events::Uuid expert(std::uint8_t number) {
    return events::Uuid{.bytes = {2, number}};
}

// What happened with so many visitors of the expert, the first of them `from`.
std::vector<Tally> seen(std::uint8_t by_expert,
                        std::uint8_t visitors,
                        std::uint8_t from = 0,
                        Measure measure = Measure::kConversationsOpened) {
    std::vector<Tally> tallies;
    for (std::uint8_t i = 0; i < visitors; ++i) {
        tallies.push_back(
            {.measure = measure,
             .expert = expert(by_expert),
             .visitor = events::Uuid{.bytes = {3, static_cast<std::uint8_t>(from + i)}},
             .count = 2});
    }
    return tallies;
}

TotalDay day(std::vector<std::vector<Tally>> parts = {}) {
    TotalDay command{.day = "2026-11-22",
                     .from_seq = events::Seq{1},
                     .up_to_seq = events::Seq{90},
                     .tallies = {}};
    for (const auto& part : parts) {
        command.tallies.insert(command.tallies.end(), part.begin(), part.end());
    }
    return command;
}

Totals::Event totalled(std::string on = "2026-11-22",
                       std::uint64_t from = 1,
                       std::uint64_t to = 90) {
    Totals::Event event;
    event.mutable_day_totalled()->set_day(std::move(on));
    event.mutable_day_totalled()->set_from_seq(from);
    event.mutable_day_totalled()->set_up_to_seq(to);
    return event;
}

// The day with `conversations` opened by `visitors`, in all.
Totals::Event with_company(std::uint64_t conversations, std::uint64_t visitors) {
    auto event = totalled();
    auto& company = *event.mutable_day_totalled()->mutable_company();
    company.set_conversations_opened(conversations);
    company.set_visitors(visitors);
    return event;
}

void add_expert(Totals::Event& event,
                std::uint8_t number,
                std::uint64_t conversations,
                std::uint64_t visitors) {
    auto& added = *event.mutable_day_totalled()->add_experts();
    added.set_expert_id(std::string(expert(number).view()));
    added.mutable_measures()->set_conversations_opened(conversations);
    added.mutable_measures()->set_visitors(visitors);
}

}  // namespace

// DESIGN 9
BOOST_AUTO_TEST_SUITE(totals)

BOOST_AUTO_TEST_CASE(a_day_without_conversations_is_totalled_without_numbers) {
    Given{}.when(day()).then({totalled()});
}

BOOST_AUTO_TEST_CASE(four_visitors_show_in_no_number) {
    Given{}.when(day({seen(1, 4)})).then({totalled()});
}

BOOST_AUTO_TEST_CASE(five_visitors_show_in_the_company_s_number_and_in_their_expert_s) {
    auto expected = with_company(10, 5);
    add_expert(expected, 1, 10, 5);
    Given{}.when(day({seen(1, 5)})).then({expected});
}

BOOST_AUTO_TEST_CASE(one_visitor_who_does_much_is_still_one) {
    auto often = seen(1, 1);
    often.front().count = 1'000;
    Given{}.when(day({often, often, often, often, often})).then({totalled()});
}

BOOST_AUTO_TEST_CASE(a_visitor_of_two_experts_is_counted_once_for_the_company) {
    auto expected = with_company(20, 5);
    add_expert(expected, 1, 10, 5);
    add_expert(expected, 2, 10, 5);
    Given{}.when(day({seen(1, 5), seen(2, 5)})).then({expected});
}

BOOST_AUTO_TEST_CASE(each_number_needs_its_own_visitors) {
    auto expected = with_company(10, 7);
    add_expert(expected, 1, 10, 7);
    const auto closed = seen(1, 4, 3, Measure::kConversationsClosed);
    Given{}.when(day({seen(1, 5), closed})).then({expected});
}

// Two experts, one with too few: the company's number less the other's would tell the few.
BOOST_AUTO_TEST_CASE(too_few_cannot_be_found_by_subtraction) {
    Given{}.when(day({seen(1, 8), seen(2, 3, 100)})).then({with_company(22, 11)});
}

BOOST_AUTO_TEST_CASE(of_those_who_could_be_told_the_smallest_cover_the_few) {
    auto expected = with_company(48, 24);
    add_expert(expected, 1, 28, 14);
    Given{}.when(day({seen(1, 14), seen(2, 7, 50), seen(3, 3, 100)})).then({expected});
}

BOOST_AUTO_TEST_CASE(the_few_of_several_experts_cover_each_other) {
    auto expected = with_company(28, 14);
    add_expert(expected, 1, 16, 8);
    Given{}.when(day({seen(1, 8), seen(2, 3, 100), seen(3, 3, 200)})).then({expected});
}

BOOST_AUTO_TEST_CASE(a_day_is_totalled_once) {
    const auto history = std::vector{totalled()};
    Given{history}.when(day({seen(1, 9)})).then_nothing();
    auto before = day();
    before.day = "2026-11-21";
    Given{history}.when(before).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_day_goes_on_behind_the_last_commit_of_the_one_before) {
    auto next = day();
    next.day = "2026-11-24";
    Given{{totalled()}}.when(next).then_rejected(Rejection::kGapBefore);
    next.from_seq = events::Seq{91};
    next.up_to_seq = events::Seq{91};
    Given{{totalled()}}.when(next).then({totalled("2026-11-24", 91, 91)});
    next.up_to_seq = events::Seq{90};
    Given{{totalled()}}.when(next).then_rejected(Rejection::kGapBefore);
}

BOOST_AUTO_TEST_CASE(a_company_with_very_many_experts_leaves_out_those_with_the_fewest_visitors) {
    TotalDay command = day();
    constexpr std::size_t kExperts = commands::kExpertsPerDayMax + 1;
    for (std::size_t i = 0; i < kExperts; ++i) {
        const std::uint8_t visitors = i == 7 ? 5 : 6;
        for (std::uint8_t v = 0; v < visitors; ++v) {
            command.tallies.push_back(
                {.measure = Measure::kConversationsOpened,
                 .expert = events::Uuid{.bytes = {static_cast<std::uint8_t>(i >> 8U),
                                                  static_cast<std::uint8_t>(i)}},
                 .visitor = events::Uuid{.bytes = {v}},
                 .count = 1});
        }
    }
    const auto decided = Totals::decide({}, command, {});
    BOOST_TEST_REQUIRE(decided.has_value());
    const auto& event = decided->front().day_totalled();
    BOOST_TEST(event.experts_left_out() == 1U);
    BOOST_TEST_REQUIRE(event.experts_size() == static_cast<int>(commands::kExpertsPerDayMax));
    for (const auto& told : event.experts()) BOOST_TEST(told.measures().visitors() == 6U);
    // With all measures set, it stays below the half mebibyte of a record.
    BOOST_TEST(event.ByteSizeLong() + commands::kExpertsPerDayMax * 5 * 11 < 512U * 1024U);
}

BOOST_AUTO_TEST_SUITE_END()

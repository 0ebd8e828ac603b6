#include "ops/import_told.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

using ops::ConversationEar;
using ops::InboxEar;
using ops::LiveNote;
using ops::SaidMessage;
using ops::ToldMessage;
using Faults = std::vector<std::string>;

ToldMessage message(int number) {
    return {.id = "m" + std::to_string(number),
            .from_visitor = number % 2 == 1,
            .text = "words " + std::to_string(number)};
}

// Said one after another; told as `order` says.
Faults heard(int said, const std::vector<int>& order) {
    ConversationEar ear;
    for (int i = 1; i <= said; ++i) ear.said(message(i));
    for (const int number : order) ear.told(message(number));
    while (!ear.is_complete()) ear.give_up_next();
    ear.finish();
    return ear.take_faults();
}

std::vector<SaidMessage> said(const std::vector<int>& fresh, const std::vector<int>& repeated) {
    std::vector<SaidMessage> all;
    for (const int number : repeated) {
        all.push_back({.message = message(number), .repeated = true});
    }
    for (const int number : fresh) all.push_back({.message = message(number), .repeated = false});
    return all;
}

Faults settled(InboxEar& ear, const std::vector<SaidMessage>& what) {
    return ear.settle("c", what, std::chrono::steady_clock::now());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(import_told)

// CPL01, E14
BOOST_AUTO_TEST_CASE(each_message_once_and_in_order_is_no_fault) {
    BOOST_TEST(heard(3, {1, 2, 3}).empty());
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_said_may_be_told_before_it_is_said_again) {
    ConversationEar ear;
    for (int i = 1; i <= 3; ++i) ear.told(message(i));
    for (int i = 1; i <= 3; ++i) {
        BOOST_TEST(ear.is_complete());
        ear.said(message(i));
    }
    ear.finish();
    BOOST_TEST(ear.is_complete());
    BOOST_TEST(ear.take_faults().empty());
}

BOOST_AUTO_TEST_CASE(a_message_that_is_missing_twice_late_or_nobodys_is_named) {
    BOOST_TEST(heard(3, {1, 3}) == Faults({"was not told message 2"}),
               boost::test_tools::per_element());
    BOOST_TEST(heard(3, {1, 1, 2, 3}) == Faults({"was told message 1 twice"}),
               boost::test_tools::per_element());
    BOOST_TEST(heard(3, {2, 1, 3}) == Faults({"was told message 1 too late"}),
               boost::test_tools::per_element());
    BOOST_TEST(heard(1, {1, 9}) == Faults({"was told 1 messages that nobody said there"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(other_words_or_another_author_are_a_fault_that_repeats_no_words) {
    ConversationEar ear;
    ear.said(message(1));
    auto other = message(1);
    other.text = "secret";
    ear.told(other);
    ear.said(message(2));
    other = message(2);
    other.from_visitor = true;
    ear.told(other);
    BOOST_TEST(ear.take_faults() == Faults({"was told message 1 with other words or author",
                                            "was told message 2 with other words or author"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_inbox_must_tell_what_is_new_and_may_be_silent_about_what_is_not) {
    InboxEar ear;
    ear.told("c", "m3");
    ear.told("c", "m4");
    BOOST_TEST(settled(ear, said({3, 4}, {1, 2})).empty());
    BOOST_TEST(ear.unsettled().empty());
    BOOST_TEST(ear.delivered() == 2U);
}

BOOST_AUTO_TEST_CASE(an_inbox_that_errs_is_named) {
    InboxEar ear;
    for (const char* const id : {"m2", "m1", "m1", "x"}) ear.told("c", id);
    BOOST_TEST(settled(ear, said({1, 2, 3}, {})) ==
                   Faults({"the inbox was told message 1 too late",
                           "the inbox was told message 1 twice",
                           "the inbox was told a message that nobody said",
                           "message 3 did not reach the inbox"}),
               boost::test_tools::per_element());
    ear.told("c", "m3");
    BOOST_TEST(ear.late() == 1U);
    ear.told("d", "m1");
    BOOST_TEST(ear.unsettled() == Faults({"d"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_inbox_is_waited_for) {
    InboxEar ear;
    const std::jthread later([&ear] { ear.told("c", "m1"); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    BOOST_TEST(ear.settle("c", said({1}, {}), deadline).empty());
}

BOOST_AUTO_TEST_CASE(frames_are_read_as_the_server_writes_them) {
    const auto told = ops::parse_live_note(
        R"({"topic":"inbox","position":"12.1","event":{"type":"message","id":"m","author":)"
        R"("visitor","text":"Hi","time":"t","version":2,"conversation":"c","unread":1}})");
    BOOST_TEST((told.kind == LiveNote::Kind::kMessage));
    BOOST_TEST(told.position == R"("12.1")");
    BOOST_TEST(told.conversation == "c");
    BOOST_TEST(told.message.id == "m");
    BOOST_TEST(told.message.from_visitor);
    BOOST_TEST(told.message.text == "Hi");
    const auto gap = ops::parse_live_note(R"({"op":"gap","topic":"inbox","page":"/x"})");
    BOOST_TEST((gap.kind == LiveNote::Kind::kRefused));
    BOOST_TEST(gap.code == "gap");
    BOOST_TEST((ops::parse_live_note(R"({"op":"subscribed","topic":"t","position":3})").kind ==
                LiveNote::Kind::kSubscribed));
    BOOST_TEST((ops::parse_live_note("{").kind == LiveNote::Kind::kOther));
}

BOOST_AUTO_TEST_SUITE_END()

#include "gateway/analytics_feed.hpp"
#include "gateway/analytics_upkeep.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "commands/company.hpp"
#include "tests/gateway/background_world.hpp"

using namespace gateway_test;

namespace {

using events::Errc;
using events::Seq;
using gateway::AnalyticsFeed;
using parlour::totals::v1::DayTotalled;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
// A Wednesday, at noon.
const std::int64_t kWednesday = *events::parse_time("2026-11-25T12:00:00Z");

// The company of the background's world, its feed and its upkeep; the clock stands on a Wednesday,
// and everything before it is of a week that is over.
struct AnalyticsWorld : BackgroundWorld {
    AnalyticsWorld()
        : pseudonyms(*keys),
          feed(*log, pseudonyms, *services),
          upkeep(*log, pseudonyms, *services) {
        now = kWednesday;
    }

    Uuid conversation(std::uint8_t number) { return Uuid{.bytes = {9, number}}; }
    // Another visitor each time writes to the expert.
    void visit(std::uint8_t visitor) {
        run<Conversation>(
            conversation(visitor),
            commands::BeginConversation{
                .open = {.visitor = Uuid{.bytes = {8, visitor}},
                         .expert = kExpert,
                         .channel = parlour::conversation::v1::CHANNEL_API},
                .widget = std::nullopt,
                .mode = {},
                .message = {.author = Author::AUTHOR_VISITOR, .text = Personal("canary text")}});
    }
    void visits(std::uint8_t from, std::uint8_t count) {
        for (std::uint8_t i = 0; i < count; ++i) visit(static_cast<std::uint8_t>(from + i));
    }
    void answer(std::uint8_t visitor) {
        run<Conversation>(conversation(visitor),
                          commands::SendMessage{.author = Author::AUTHOR_EXPERT,
                                                .text = Personal("canary answer"),
                                                .party = std::nullopt});
    }
    // As often as a minute passes: what the views do not show yet is left to the next look.
    void look() {
        for (std::size_t before = totals().size() + 1; totals().size() != before;) {
            before = totals().size();
            const auto looked = upkeep.look();
            BOOST_TEST_REQUIRE(looked.has_value(), (looked ? "" : looked.error().detail));
            wait_for_views(kTenant);
        }
    }
    std::vector<DayTotalled> totals() {
        return views->totals
            .list(*store, kTenant, {.from = "1970-01-01", .up_to = "9999-12-31", .most = 1'000})
            .value();
    }
    std::uint64_t head() { return log->head(kTenant)->value; }
    // The names of all events of the feed behind `after`, in pieces of about so many.
    std::vector<std::string> names(std::optional<Seq> after, std::size_t most = 3) {
        std::vector<std::string> found;
        for (bool more = true; more;) {
            const auto piece = feed.read(kTenant, after, most);
            BOOST_TEST_REQUIRE(piece.has_value(), (piece ? "" : piece.error().detail));
            for (const auto& item : piece->items) found.push_back(item.event.attributes[1].second);
            more = !piece->at_end;
            after = piece->up_to;
        }
        return found;
    }
    Errc refused(Seq after) {
        const auto piece = feed.read(kTenant, after, 3);
        BOOST_TEST_REQUIRE(!piece.has_value());
        return piece.error().code;
    }

    events::PseudonymKeys pseudonyms;
    AnalyticsFeed feed;
    gateway::AnalyticsUpkeep upkeep;
};

}  // namespace

// DESIGN 9
BOOST_FIXTURE_TEST_SUITE(analytics, AnalyticsWorld)

BOOST_AUTO_TEST_CASE(the_feed_begins_with_the_oldest_week_there_are_pseudonyms_for) {
    BOOST_TEST(names(std::nullopt).empty());  // the company was made weeks ago
    visits(1, 2);
    const auto told = names(std::nullopt);
    BOOST_TEST(told.size() == 4U);  // an opening and a message each
    BOOST_TEST(std::set(told.begin(), told.end()).size() == 4U);
}

BOOST_AUTO_TEST_CASE(read_in_pieces_again_and_again_it_tells_the_same) {
    visits(1, 20);
    const auto all = names(std::nullopt, 1'000);
    BOOST_TEST(all.size() == 40U);
    for (const std::size_t most : {1U, 2U, 7U, 40U}) {
        BOOST_TEST(names(std::nullopt, most) == all, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_reader_goes_on_where_it_was_without_hole_or_double) {
    visits(1, 3);
    const auto first = feed.read(kTenant, std::nullopt, 1'000).value();
    visits(4, 3);
    const auto more = names(first.up_to);
    BOOST_TEST(more.size() == 6U);
    BOOST_TEST(names(std::nullopt).size() == 12U);
    BOOST_TEST(names(Seq{head()}).empty());
}

BOOST_AUTO_TEST_CASE(a_week_is_told_until_a_day_behind_its_end) {
    visits(1, 2);
    const auto before = Seq{head() - 2};
    const auto monday = *events::parse_time("2026-11-30");
    now = monday + kDay - 1;
    BOOST_TEST(names(before).size() == 4U);
    now = monday + kDay;
    BOOST_TEST((refused(before) == Errc::kErased));
    BOOST_TEST(names(std::nullopt).empty());
    // Who had read everything misses nothing.
    visits(3, 1);
    BOOST_TEST(names(Seq{head() - 1}).size() == 2U);
    BOOST_TEST(names(std::nullopt).size() == 2U);
}

BOOST_AUTO_TEST_CASE(another_company_is_told_nothing_of_this_one) {
    visits(1, 2);
    const events::TenantId other{.bytes = {6}};
    run<commands::Company>(
        Uuid{.bytes = {5}}, commands::CreateCompany{.name = Personal("Other")}, other);
    const auto piece = feed.read(other, std::nullopt, 100).value();
    BOOST_TEST_REQUIRE(piece.items.size() == 1U);
    BOOST_TEST(piece.items.front().event.attributes[3].second ==
               "parlour.company.company-created.v1");
}

BOOST_AUTO_TEST_CASE(a_day_is_totalled_ten_minutes_after_it_is_over_and_once) {
    visits(1, 6);
    look();
    const auto history = totals().size();  // the days on which the company was made
    const auto thursday = *events::parse_time("2026-11-26");
    now = thursday + 10 * 60'000 - 1;
    look();
    BOOST_TEST(totals().size() == history);
    now = thursday + 10 * 60'000;
    look();
    look();
    BOOST_TEST_REQUIRE(totals().size() == history + 1);
    const auto day = totals().back();
    BOOST_TEST(day.day() == "2026-11-25");
    BOOST_TEST(day.company().visitors() == 6U);
    BOOST_TEST(day.company().conversations_opened() == 6U);
    BOOST_TEST(day.company().messages_from_visitors() == 6U);
    BOOST_TEST(day.company().messages_from_experts() == 0U);
    BOOST_TEST_REQUIRE(day.experts_size() == 1);
    BOOST_TEST(day.experts(0).expert_id() == std::string(kExpert.view()));
}

BOOST_AUTO_TEST_CASE(days_that_were_missed_are_made_up_for_one_by_one) {
    visits(1, 5);
    now = now + kDay;
    visits(6, 7);
    now = now + 30 * kDay;
    look();
    const auto all = totals();
    BOOST_TEST_REQUIRE(all.size() >= 2U);
    const auto& before = all[all.size() - 2];
    const auto& last = all.back();
    BOOST_TEST(before.day() == "2026-11-25");
    BOOST_TEST(before.company().visitors() == 5U);
    BOOST_TEST(last.day() == "2026-11-26");
    BOOST_TEST(last.company().visitors() == 7U);
    BOOST_TEST(last.from_seq() == before.up_to_seq() + 1);
}

// Totals are commits, too: a company in which nothing happens must not get one a day for that.
BOOST_AUTO_TEST_CASE(a_company_in_which_nothing_happens_gets_no_totals) {
    visits(1, 5);
    now = now + 2 * kDay;
    look();
    const auto count = totals().size();
    for (int i = 0; i < 5; ++i) {
        now = now + kDay;
        look();
    }
    BOOST_TEST(totals().size() == count);
    visits(6, 5);
    now = now + kDay;
    look();
    BOOST_TEST(totals().size() == count + 1);
    BOOST_TEST(totals().back().company().visitors() == 5U);
}

BOOST_AUTO_TEST_CASE(an_answer_on_another_day_counts_for_the_visitor_of_its_conversation) {
    visits(1, 6);
    now = now + kDay;
    for (std::uint8_t visitor = 1; visitor <= 5; ++visitor) answer(visitor);
    now = now + kDay;
    look();
    const auto day = totals().back();
    BOOST_TEST(day.day() == "2026-11-26");
    BOOST_TEST(day.company().messages_from_experts() == 5U);
    BOOST_TEST(day.company().visitors() == 5U);
    BOOST_TEST(day.company().conversations_opened() == 0U);
}

BOOST_AUTO_TEST_CASE(views_built_anew_have_the_same_totals_and_no_day_is_totalled_again) {
    visits(1, 6);
    now = now + kDay;
    look();
    const auto before = totals();
    const auto commits = head();
    close();
    open("views-anew");
    gateway::AnalyticsUpkeep anew(*log, pseudonyms, *services);
    BOOST_TEST_REQUIRE(anew.look().has_value());
    const auto after = totals();
    BOOST_TEST(head() == commits);
    BOOST_TEST_REQUIRE(after.size() == before.size());
    BOOST_TEST(after.back().SerializeAsString() == before.back().SerializeAsString());
}

BOOST_AUTO_TEST_CASE(what_another_node_writes_is_left_to_it) {
    visits(1, 6);
    now = now + 10 * kDay;
    gateway::AnalyticsUpkeep elsewhere(
        *log, pseudonyms, *services, [](const events::TenantId&) { return false; });
    BOOST_TEST_REQUIRE(elsewhere.look().has_value());
    BOOST_TEST(totals().empty());
    look();
    BOOST_TEST(!totals().empty());
}

BOOST_AUTO_TEST_CASE(the_thread_does_by_itself_what_a_look_does) {
    visits(1, 6);
    now = now + 10 * kDay;
    upkeep.start(std::chrono::milliseconds(5));
    BOOST_TEST(eventually([this] {
        const auto all = totals();
        return !all.empty() && all.back().day() == "2026-11-25";
    }));
    upkeep.stop();
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_week_that_is_over_are_destroyed) {
    visits(1, 1);
    BOOST_TEST(names(std::nullopt).size() == 2U);
    BOOST_TEST(keys->secrets_of(kTenant, "pseudonyms")->size() == 1U);
    look();
    BOOST_TEST(keys->secrets_of(kTenant, "pseudonyms")->size() == 1U);
    now = *events::parse_time("2026-12-01");
    look();
    BOOST_TEST(keys->secrets_of(kTenant, "pseudonyms")->empty());
}

BOOST_AUTO_TEST_SUITE_END()

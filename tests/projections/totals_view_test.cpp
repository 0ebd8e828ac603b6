#include "projections/totals_view.hpp"

#include <boost/test/unit_test.hpp>

#include "parlour/totals/v1/events.pb.h"
#include "tests/projections/world.hpp"

using namespace projections_test;

namespace {

using parlour::totals::v1::TotalsEvent;

TotalsEvent totalled(std::string day, std::uint64_t from, std::uint64_t up_to) {
    TotalsEvent event;
    auto& totals = *event.mutable_day_totalled();
    totals.set_day(std::move(day));
    totals.set_from_seq(from);
    totals.set_up_to_seq(up_to);
    totals.mutable_company()->set_visitors(up_to - from + 5);
    return event;
}

struct TotalsWorld : World {
    void total(const std::string& day, std::uint64_t from, std::uint64_t up_to) {
        given.commit(tenant,
                     {.kind = parlour::log::v1::STREAM_KIND_TOTALS, .uuid = uuid_of(1)},
                     totalled(day, from, up_to));
    }
    void read() {
        projections::Runner runner(log, partitions, *store, {&view});
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    }
    std::vector<std::string> days(const projections::TotalsView::Days& asked) {
        std::vector<std::string> found;
        const auto listed = view.list(*store, tenant, asked);
        BOOST_TEST_REQUIRE(listed.has_value());
        for (const auto& totals : *listed) found.push_back(totals.day());
        return found;
    }
    projections::TotalsView view;
    std::unique_ptr<projections::Store> store = open_store();
};

using Texts = std::vector<std::string>;

}  // namespace

// DESIGN 9
BOOST_FIXTURE_TEST_SUITE(totals_view, TotalsWorld)

BOOST_AUTO_TEST_CASE(days_are_listed_ascending_within_what_is_asked) {
    total("2026-10-31", 1, 10);
    total("2026-11-01", 11, 20);
    total("2026-11-30", 21, 30);
    read();
    const auto all = days({.from = "2026-01-01", .up_to = "2026-12-31", .most = 9});
    BOOST_TEST(all == (Texts{"2026-10-31", "2026-11-01", "2026-11-30"}),
               boost::test_tools::per_element());
    BOOST_TEST(
        days({.from = "2026-11-01", .up_to = "2026-11-29", .most = 9}) == Texts{"2026-11-01"},
        boost::test_tools::per_element());
    BOOST_TEST(days({.from = "2026-01-01", .up_to = "2026-12-31", .most = 2}).size() == 2U);
    BOOST_TEST(days({.from = "2027-01-01", .up_to = "2027-12-31", .most = 9}).empty());
}

BOOST_AUTO_TEST_CASE(the_last_day_says_how_far_the_company_is_totalled) {
    BOOST_TEST(!view.last(*store, tenant).value().has_value());
    total("2026-10-31", 1, 10);
    total("2026-11-02", 11, 20);
    read();
    const auto last = view.last(*store, tenant).value();
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->day() == "2026-11-02");
    BOOST_TEST(last->up_to_seq() == 20U);
    BOOST_TEST(!view.last(*store, tenant_of(2)).value().has_value());
}

BOOST_AUTO_TEST_CASE(a_rebuild_gives_the_same_rows) {
    total("2026-10-31", 1, 10);
    read();
    total("2026-11-02", 11, 20);
    read();
    const auto step_by_step = rows_of(*store, view, partitions);
    store = open_store("again");
    read();
    BOOST_TEST((rows_of(*store, view, partitions) == step_by_step));
    BOOST_TEST(step_by_step.size() == 4U);  // two days, the last one, and the place in the log
}

BOOST_AUTO_TEST_SUITE_END()

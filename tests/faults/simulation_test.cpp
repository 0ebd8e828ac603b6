#include "tests/faults/simulation.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "tests/support/effort.hpp"
#include "tests/support/temp_dir.hpp"

// PARLOUR_TEST_SEEDS says how many runs, PARLOUR_TEST_SEED which one comes first.
namespace {

using faults::Defect;
using faults::simulate;
using faults::SimulationResult;

constexpr std::uint64_t kSeedsOfADefect = 20;
constexpr std::size_t kCaughtMin = 5;  // of them

struct Ring {
    Ring() {
        auto opened = events::KeyRing::open(
            dir.path() / "keys", events::Key256{}, events::Uuid{.bytes = {5}}, true);
        BOOST_TEST_REQUIRE(opened.has_value());
        keys = std::move(*opened);
    }
    test_support::TempDir dir;
    std::unique_ptr<events::KeyRing> keys;
};

// How many of some seeds lead to a violation when something goes wrong on purpose. Always the same
// seeds, so that the number is always the same.
std::size_t caught(events::KeyRing& keys, Defect defect) {
    std::size_t found = 0;
    for (std::uint64_t seed = 1; seed <= kSeedsOfADefect; ++seed) {
        const auto result = simulate(keys, {.seed = seed, .defect = defect, .views = false});
        BOOST_TEST_MESSAGE(seed << ": " << result.violation.value_or("nothing noticed"));
        if (result.violation) ++found;
    }
    return found;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(simulation, Ring)

// 4.2: 1, 2, 3, 14; DESIGN 3: F2, F3, F5, F6
BOOST_AUTO_TEST_CASE(two_nodes_lose_no_acknowledged_command_and_apply_none_twice) {
    const auto seeds = test_support::effort("PARLOUR_TEST_SEEDS", 50);
    const auto first = test_support::first_seed();
    SimulationResult all;
    for (std::uint64_t i = 0; i < seeds; ++i) {
        const auto one = simulate(*keys, {.seed = first + i});
        BOOST_TEST(!one.violation,
                   "PARLOUR_TEST_SEED=" << first + i << ": " << one.violation.value_or(""));
        all.acknowledged += one.acknowledged;
        all.void_records += one.void_records;
        all.claims += one.claims;
        all.repeats += one.repeats;
        all.stale += one.stale;
    }
    test_support::figure(
        fmt::format("{} simulated runs from seed {}: {} commands acknowledged, {} "
                    "again, {} refused as stale, {} claims, {} void records",
                    seeds,
                    first,
                    all.acknowledged,
                    all.repeats,
                    all.stale,
                    all.claims,
                    all.void_records));
    // The faults were really met.
    BOOST_TEST(all.acknowledged > seeds);
    BOOST_TEST(all.claims > 2 * seeds);
    BOOST_TEST(all.void_records > 0U);
    BOOST_TEST(all.repeats > 0U);
    if (seeds >= 10) BOOST_TEST(all.stale > 0U);
}

BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_run_again) {
    const auto first = test_support::first_seed();
    for (std::uint64_t seed = first; seed < first + 5; ++seed) {
        const auto once = simulate(*keys, {.seed = seed});
        const auto again = simulate(*keys, {.seed = seed});
        BOOST_TEST(once.trace == again.trace, "PARLOUR_TEST_SEED=" << seed);
        BOOST_TEST(once.trace != simulate(*keys, {.seed = seed + 1'000}).trace);
    }
}

// A simulation that notices nothing is worth nothing: each defect is one that a program could have.
BOOST_AUTO_TEST_CASE(a_log_that_loses_what_it_showed_is_noticed) {
    BOOST_TEST(caught(*keys, Defect::kLosesWhatItShowed) >= kCaughtMin);
}

// H8c
BOOST_AUTO_TEST_CASE(a_log_that_skips_an_append_and_takes_the_next_is_noticed) {
    BOOST_TEST(caught(*keys, Defect::kSkipsAppends) >= kCaughtMin);
}

BOOST_AUTO_TEST_CASE(acknowledging_before_the_read_back_is_noticed) {
    BOOST_TEST(caught(*keys, Defect::kShowsWhatIsQueued) >= kCaughtMin);
}

// H1, H8b
BOOST_AUTO_TEST_CASE(deciding_over_a_record_of_a_claim_that_lost_is_noticed) {
    BOOST_TEST(caught(*keys, Defect::kCountsVoidRecords) >= kCaughtMin);
}

// 4.2: 3
BOOST_AUTO_TEST_CASE(forgetting_the_answer_to_a_repeated_command_is_noticed) {
    BOOST_TEST(caught(*keys, Defect::kForgetsCommandIds) >= kCaughtMin);
}

BOOST_AUTO_TEST_SUITE_END()

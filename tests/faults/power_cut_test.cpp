#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <random>

#include "tests/faults/workload.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/power_cut_fs.hpp"
#include "tests/support/temp_dir.hpp"

// The power goes at any moment, again and again: log, key ring and views lose everything that was
// not synced. PARLOUR_TEST_CUTS says how often, PARLOUR_TEST_SEED repeats a run.
namespace {

using faults::Stack;
using faults::Workload;
using test_support::figure;
using test_support::PowerCutFs;
using test_support::TempDir;

constexpr std::uint64_t kCutsInAFolder = 10;
constexpr std::size_t kCommandsMax = 200;
// About as many as there are, so that cuts fall everywhere.
constexpr std::uint64_t kChangesOfAnOpening = 150;
constexpr std::uint64_t kChangesOfALife = 600;

struct Outcome {
    std::uint64_t cuts = 0;
    std::uint64_t cuts_while_opening = 0;
    std::size_t acknowledged = 0;
    std::optional<std::string> violation;
};

// One folder and its clients through a number of cuts; ends at the first broken promise.
class Life {
  public:
    Life(std::uint64_t seed, bool lying)
        : random_(seed), disk_(seed), calm_(seed), clients_(seed, shape()) {
        if (lying) disk_.lie_about_syncs();
    }

    Outcome live(std::uint64_t cuts) {
        while (outcome_.cuts < cuts && !outcome_.violation) {
            run_into_a_cut();
            disk_.restore();
            ++outcome_.cuts;
            if (!outcome_.violation) check();
        }
        outcome_.acknowledged = clients_.acknowledged();
        return outcome_;
    }

  private:
    // One life in six with texts that fill the tables, so that cuts meet flushes and compactions.
    faults::WorkloadShape shape() {
        return {.text_bytes_max = random_() % 6 == 0 ? 60'000U : 400U, .unanswered_max = 8};
    }

    void run_into_a_cut() {
        const bool early = random_() % 4 == 0;
        if (early) disk_.cut_at(random_() % kChangesOfAnOpening);
        auto stack = Stack::open(dir_.path(), disk_.env());
        if (!early) disk_.cut_at(random_() % kChangesOfALife);
        if (!stack) {
            ++outcome_.cuts_while_opening;
            if (!disk_.is_off()) outcome_.violation = "refused to open: " + stack.error().detail;
            return;
        }
        const bool answered = clients_.run(**stack, 1 + random_() % kCommandsMax);
        if (!answered) outcome_.violation = "a command got no answer";
        disk_.cut();
    }

    void check() {
        auto stack = Stack::open(dir_.path(), disk_.env());
        if (!stack) {
            outcome_.violation = "refused to open after a cut: " + stack.error().detail;
            return;
        }
        outcome_.violation = clients_.violation(**stack);
        if (outcome_.violation || random_() % 4 != 0) return;
        const auto rebuilt = dir_.path() / fmt::format("rebuilt-{}", outcome_.cuts);
        outcome_.violation = faults::views_differ(**stack, rebuilt, calm_.env());
        std::filesystem::remove_all(rebuilt);
    }

    std::mt19937_64 random_;
    TempDir dir_;
    PowerCutFs disk_;
    PowerCutFs calm_;  // never cut: what a rebuild is written to
    Workload clients_;
    Outcome outcome_;
};

Outcome live(std::uint64_t seed, std::uint64_t cuts, bool lying) {
    return Life(seed, lying).live(cuts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power_cut)

// 4.4 of the facts on reliability: nothing acknowledged is lost, nothing refuses to open.
BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_in_a_power_cut_and_every_text_unseals) {
    const auto cuts = test_support::effort("PARLOUR_TEST_CUTS", 20);
    Outcome all;
    for (auto seed = test_support::first_seed(); all.cuts < cuts; ++seed) {
        const auto one = live(seed, std::min(kCutsInAFolder, cuts - all.cuts), false);
        all.cuts += one.cuts;
        all.cuts_while_opening += one.cuts_while_opening;
        all.acknowledged += one.acknowledged;
        BOOST_TEST(!one.violation,
                   "PARLOUR_TEST_SEED=" << seed << " cut " << one.cuts << ": "
                                        << one.violation.value_or(""));
    }
    figure(
        fmt::format("{} power cuts, {} of them while opening; {} commands acknowledged, none lost",
                    all.cuts,
                    all.cuts_while_opening,
                    all.acknowledged));
    BOOST_TEST(all.acknowledged > all.cuts);
    BOOST_TEST(all.cuts_while_opening < all.cuts);
}

// A test that cannot fail is worse than none: the same, on a disk whose syncs do nothing.
BOOST_AUTO_TEST_CASE(a_disk_that_lies_about_syncs_is_caught) {
    const auto first = test_support::first_seed();
    std::uint64_t caught = 0;
    constexpr std::uint64_t kLives = 4;
    for (auto seed = first; seed < first + kLives; ++seed) {
        const auto one = live(seed, kCutsInAFolder, true);
        BOOST_TEST_MESSAGE("seed " << seed << ": " << one.violation.value_or("nothing noticed"));
        if (one.violation) ++caught;
    }
    BOOST_TEST(caught == kLives, "PARLOUR_TEST_SEED=" << first);
}

BOOST_AUTO_TEST_SUITE_END()

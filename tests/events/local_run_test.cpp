#include "events/local_run.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/events/samples.hpp"

namespace {

using events::Offset;
using events::local::append_to_run;
using events::local::RunWalk;

const std::vector<std::string> kFrames = {"first", "", std::string(3000, 'x'), "last"};

std::string sample_run() {
    std::string run;
    std::uint8_t key = 0;
    for (const auto& frame : kFrames) {
        append_to_run(run, samples::id<events::RecordKey>(++key), frame);
    }
    return run;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_run)

BOOST_AUTO_TEST_CASE(a_run_gives_its_records_with_keys_and_offsets_in_order) {
    const auto run = sample_run();
    RunWalk walk(Offset{7}, run);
    std::uint8_t key = 0;
    for (std::size_t i = 0; i < kFrames.size(); ++i) {
        BOOST_TEST_REQUIRE(walk.next());
        BOOST_TEST(walk.offset().value == 7 + i);
        BOOST_TEST((walk.key() == samples::id<events::RecordKey>(++key)));
        BOOST_TEST(walk.frame() == kFrames[i]);
    }
    BOOST_TEST(!walk.next());
    BOOST_TEST(!walk.is_damaged());
    BOOST_TEST(walk.next_offset().value == 7 + kFrames.size());
}

BOOST_AUTO_TEST_CASE(a_run_cut_within_a_record_is_damaged) {
    const auto run = sample_run();
    std::size_t whole = 0;
    for (std::size_t length = 0; length < run.size(); ++length) {
        RunWalk walk(Offset{0}, std::string_view(run).substr(0, length));
        while (walk.next()) {
        }
        if (!walk.is_damaged()) ++whole;
    }
    // Cut between records nothing tells of those behind: empty, and behind each but the last.
    BOOST_TEST(whole == kFrames.size());
}

BOOST_AUTO_TEST_SUITE_END()

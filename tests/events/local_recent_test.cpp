#include "events/local_recent.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

#include "events/bytes.hpp"
#include "tests/events/log_support.hpp"

namespace {

using events::Offset;
using events::Seq;
using events::Version;
using events::local::CommitPlace;
using events::local::kPlacesPerRowMax;
using events::local::kRecentCommitsMax;
using events::local::Recent;
using log_support::stream;

CommitPlace place(std::uint64_t seq, std::uint8_t of_stream, std::uint64_t version) {
    return {.tenant = samples::tenant(1),
            .seq = Seq{seq},
            .stream = stream(of_stream),
            .first_version = Version{version},
            .offset = Offset{seq + 100}};
}

std::vector<std::uint64_t> offsets_of(const Recent& recent, std::uint8_t of, std::uint64_t from) {
    std::vector<std::uint64_t> out;
    for (const auto& at : recent.places(samples::tenant(1), stream(of), Version{from})) {
        out.push_back(at.offset.value);
    }
    return out;
}

using Offsets = std::vector<std::uint64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(local_recent)

BOOST_AUTO_TEST_CASE(places_come_back_from_the_journal_and_cut_ones_do_not) {
    std::string journal;
    append_place(journal, place(1, 2, 3));
    append_place(journal, place(4, 5, 6));
    const auto read = events::local::parse_places(journal);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST_REQUIRE(read->size() == 2U);
    BOOST_TEST(((*read)[1].tenant == samples::tenant(1)));
    BOOST_TEST((*read)[1].seq.value == 4U);
    BOOST_TEST(((*read)[1].stream == stream(5)));
    BOOST_TEST((*read)[1].first_version.value == 6U);
    BOOST_TEST((*read)[1].offset.value == 104U);
    journal.pop_back();
    BOOST_TEST(!events::local::parse_places(journal).has_value());
}

BOOST_AUTO_TEST_CASE(commits_are_found_by_seq_and_by_stream) {
    Recent recent;
    recent.add(std::vector{place(1, 1, 1), place(2, 2, 1), place(3, 1, 2)}, 0);
    recent.add(std::vector{place(4, 1, 4)}, 1);
    BOOST_TEST(recent.offset_of(samples::tenant(1), Seq{3})->value == 103U);
    BOOST_TEST(!recent.offset_of(samples::tenant(1), Seq{5}).has_value());
    BOOST_TEST(!recent.offset_of(samples::tenant(2), Seq{1}).has_value());
    BOOST_TEST(recent.head(samples::tenant(1)).value == 4U);
    BOOST_TEST(recent.head(samples::tenant(2)).value == 0U);
    BOOST_TEST(offsets_of(recent, 1, 1) == (Offsets{101, 103, 104}),
               boost::test_tools::per_element());
    BOOST_TEST(offsets_of(recent, 1, 3) == (Offsets{104}), boost::test_tools::per_element());
    BOOST_TEST(recent.size() == 4U);
}

BOOST_AUTO_TEST_CASE(nothing_leaves_memory_before_it_is_said_to_be_on_disk) {
    Recent recent;
    recent.add(std::vector{place(1, 1, 1), place(2, 2, 1)}, 6);
    const auto fold = recent.fold_all();
    BOOST_TEST(fold.rows.size() == 3U);  // two streams, one run of seqs
    BOOST_TEST_REQUIRE(fold.journal_done.has_value());
    BOOST_TEST(*fold.journal_done == 7U);
    BOOST_TEST(recent.head(samples::tenant(1)).value == 2U);
    BOOST_TEST(offsets_of(recent, 2, 1).size() == 1U);
    recent.folded();
    BOOST_TEST(recent.head(samples::tenant(1)).value == 0U);
    BOOST_TEST(offsets_of(recent, 2, 1).empty());
    BOOST_TEST(recent.fold_all().rows.empty());
}

BOOST_AUTO_TEST_CASE(few_commits_are_kept_in_memory) {
    Recent recent;
    recent.add(std::vector{place(1, 1, 1)}, 0);
    BOOST_TEST(recent.fold(1).rows.empty());
}

// A full generation goes to disk with the writes that fill the next one: every row once, some with
// each write, and the journal only with the last.
BOOST_AUTO_TEST_CASE(a_full_generation_goes_to_disk_while_the_next_one_fills) {
    constexpr std::size_t kBatch = 64;
    Recent recent;
    std::uint64_t seq = 0;
    std::uint64_t journal = 0;
    std::map<std::string, std::size_t> rows;
    std::size_t largest = 0;
    std::size_t ends = 0;
    while (seq < 2 * kRecentCommitsMax) {
        const auto fold = recent.fold(kBatch);
        for (const auto& row : fold.rows) ++rows[row.key];
        largest = std::max(largest, fold.rows.size());
        if (fold.journal_done) {
            ++ends;
            BOOST_TEST(*fold.journal_done == kRecentCommitsMax / kBatch);
        }
        std::vector<CommitPlace> places;
        for (std::size_t i = 0; i < kBatch; ++i) {
            auto& at = places.emplace_back(place(seq + 1, 1, seq / 1000 + 1));
            events::put_number(reinterpret_cast<char*>(at.stream.uuid.bytes.data()), seq % 1000);
            ++seq;
        }
        recent.add(places, journal++);
        recent.folded();
    }
    BOOST_TEST(ends == 1U);
    BOOST_TEST(rows.size() == 1000 + kRecentCommitsMax / kPlacesPerRowMax);
    for (const auto& [key, times] : rows) BOOST_TEST(times == 1U);
    BOOST_TEST(largest <= 3 + kRecentCommitsMax / kPlacesPerRowMax);
    BOOST_TEST(recent.size() == kRecentCommitsMax);
}

BOOST_AUTO_TEST_CASE(a_long_stream_takes_several_rows) {
    Recent recent;
    std::vector<CommitPlace> places;
    for (std::uint64_t i = 1; i <= kPlacesPerRowMax * 2 + 1; ++i) places.push_back(place(i, 1, i));
    recent.add(places, 0);
    std::size_t of_stream = 0;
    for (const auto& row : recent.fold_all().rows) {
        if (row.of_stream) ++of_stream;
    }
    BOOST_TEST(of_stream == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

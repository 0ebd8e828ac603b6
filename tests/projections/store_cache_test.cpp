#include "projections/store_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using projections::RowCache;

constexpr std::size_t kBytes = std::size_t{64} * 1024;
const std::string kRow(100, 'r');

// The row as it is kept; "-" for one that is kept as not there, "" for one that is not kept.
std::string kept(RowCache& rows, std::string_view key) {
    const auto* const found = rows.find(key);
    if (found == nullptr) return "";
    return found->value_or("-");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_cache)

BOOST_AUTO_TEST_CASE(a_row_is_kept_as_it_was_last) {
    RowCache rows;
    BOOST_TEST(kept(rows, "a").empty());
    rows.keep("a", "1");
    rows.keep("a", "2");
    BOOST_TEST(kept(rows, "a") == "2");
}

BOOST_AUTO_TEST_CASE(that_there_is_no_row_is_kept_too) {
    RowCache rows;
    rows.keep("a", std::nullopt);
    BOOST_TEST(kept(rows, "a") == "-");
    rows.replace("a", "1");
    BOOST_TEST(kept(rows, "a") == "1");
    rows.replace("a", std::nullopt);
    BOOST_TEST(kept(rows, "a") == "-");
}

BOOST_AUTO_TEST_CASE(replacing_changes_only_what_is_kept) {
    RowCache rows;
    rows.replace("a", "1");
    BOOST_TEST(kept(rows, "a").empty());
}

BOOST_AUTO_TEST_CASE(rows_that_nobody_asks_for_make_room_for_others) {
    RowCache rows(kBytes);
    rows.keep("asked for", kRow);
    rows.keep("forgotten", kRow);
    for (int i = 0; i < 10'000; ++i) {
        rows.keep(std::to_string(i), kRow);
        BOOST_TEST_REQUIRE(kept(rows, "asked for") == kRow);
    }
    BOOST_TEST(kept(rows, "forgotten").empty());
    std::size_t bytes = 0;
    for (int i = 0; i < 10'000; ++i) bytes += kept(rows, std::to_string(i)).size();
    BOOST_TEST(bytes <= kBytes);
    BOOST_TEST(bytes > 10 * kRow.size());
}

// A row that was not asked for since half of the memory filled is changed where it lies.
BOOST_AUTO_TEST_CASE(a_change_reaches_also_a_row_that_was_about_to_go) {
    RowCache rows(kBytes);
    rows.keep("old", "1");
    for (int i = 0; i < 200; ++i) rows.keep(std::to_string(i), kRow);
    rows.replace("old", "2");
    BOOST_TEST(kept(rows, "old") == "2");
}

BOOST_AUTO_TEST_SUITE_END()

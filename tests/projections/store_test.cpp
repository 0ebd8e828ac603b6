#include "projections/store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

using events::Errc;
using events::Partition;
using parlour::views::v1::ViewPosition;
using projections::Projection;
using projections::Store;
namespace fs = std::filesystem;

namespace {

// A view that is only a name.
class NamedView final : public Projection {
  public:
    explicit NamedView(std::string name, unsigned version = 1)
        : name_(std::move(name)), version_(version) {}
    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] unsigned version() const override { return version_; }
    events::Status apply(const projections::Committed&, projections::Rows&) override { return {}; }

  private:
    std::string name_;
    unsigned version_;
};

ViewPosition position_at(std::uint64_t offset) {
    ViewPosition position;
    position.set_next_offset(offset);
    return position;
}

struct Folder {
    test_support::TempDir dir;
    NamedView view{"colours"};

    [[nodiscard]] std::unique_ptr<Store> open() const {
        auto store = Store::open(dir.path() / "views");
        BOOST_TEST_REQUIRE(store.has_value());
        return std::move(*store);
    }
    void put(Store& store, std::string_view key, std::string_view value) const {
        const auto batch = store.batch();
        batch->rows(view).put(key, value);
        BOOST_TEST_REQUIRE(batch->commit().has_value());
    }
};

std::vector<std::string> keys_of(Store& store,
                                 const Projection& view,
                                 std::string_view prefix,
                                 std::string_view from = {}) {
    std::vector<std::string> keys;
    const auto scanned =
        store.scan(view, prefix, from, [&](std::string_view key, std::string_view) {
            keys.emplace_back(key);
            return true;
        });
    BOOST_TEST_REQUIRE(scanned.has_value());
    return keys;
}

using Keys = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store, Folder)

BOOST_AUTO_TEST_CASE(nothing_of_a_batch_shows_before_its_commit) {
    const auto store = open();
    const auto batch = store->batch();
    batch->rows(view).put("red", "1");
    batch->set_position(view, Partition{0}, position_at(5));
    BOOST_TEST(!store->get(view, "red")->has_value());
    BOOST_TEST(store->position(view, Partition{0})->next_offset() == 0U);
    BOOST_TEST_REQUIRE(batch->commit().has_value());
    BOOST_TEST(store->get(view, "red")->value() == "1");
    BOOST_TEST(store->position(view, Partition{0})->next_offset() == 5U);
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_dropped_leaves_rows_and_position_as_they_were) {
    const auto store = open();
    put(*store, "red", "1");
    {
        const auto batch = store->batch();
        batch->rows(view).put("red", "2");
        batch->rows(view).put("blue", "2");
        batch->set_position(view, Partition{0}, position_at(5));
    }
    BOOST_TEST((keys_of(*store, view, "") == Keys{"red"}));
    BOOST_TEST(store->get(view, "red")->value() == "1");
    BOOST_TEST(store->position(view, Partition{0})->next_offset() == 0U);
}

BOOST_AUTO_TEST_CASE(a_batch_reads_its_own_writes_over_the_stored_rows) {
    const auto store = open();
    put(*store, "red", "1");
    put(*store, "blue", "1");
    const auto batch = store->batch();
    auto& rows = batch->rows(view);
    BOOST_TEST(rows.get("red")->value() == "1");
    rows.put("red", "2");
    BOOST_TEST(rows.get("red")->value() == "2");
    rows.put("red", "3");
    BOOST_TEST(rows.get("red")->value() == "3");
    rows.erase("blue");
    BOOST_TEST(!rows.get("blue")->has_value());
    rows.put("green", "1");
    rows.erase("green");
    rows.erase("never there");
    BOOST_TEST_REQUIRE(batch->commit().has_value());
    BOOST_TEST((keys_of(*store, view, "") == Keys{"red"}));
    BOOST_TEST(store->get(view, "red")->value() == "3");
}

// Rows that were read once are kept in memory: what later batches write must show all the same.
BOOST_AUTO_TEST_CASE(a_batch_reads_what_the_batches_before_it_wrote) {
    const auto store = open();
    put(*store, "other", "1");
    const auto change = [&](std::string_view expected, const std::optional<std::string>& next) {
        const auto batch = store->batch();
        auto& rows = batch->rows(view);
        BOOST_TEST(rows.get("red")->value_or("none") == expected);
        next ? rows.put("red", *next) : rows.erase("red");
        BOOST_TEST_REQUIRE(batch->commit().has_value());
        BOOST_TEST(store->get(view, "red")->value_or("none") == next.value_or("none"));
    };
    change("none", "1");
    change("1", "2");
    change("2", std::nullopt);
    change("none", "3");
    put(*store, "red", "4");
    change("4", "5");
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_dropped_leaves_no_trace_in_the_next_ones_reads) {
    const auto store = open();
    put(*store, "red", "1");
    {
        const auto batch = store->batch();
        BOOST_TEST(batch->rows(view).get("red")->value() == "1");
        batch->rows(view).put("red", "2");
    }
    BOOST_TEST(store->batch()->rows(view).get("red")->value() == "1");
}

BOOST_AUTO_TEST_CASE(a_view_that_was_replaced_is_read_as_it_is_now) {
    const auto store = open();
    const NamedView next("colours", 2);
    put(*store, "red", "1");
    BOOST_TEST(store->batch()->rows(view).get("red")->value() == "1");
    {
        const auto batch = store->batch();
        batch->rows(next).put("red", "2");
        BOOST_TEST_REQUIRE(batch->commit().has_value());
    }
    BOOST_TEST_REQUIRE(store->replace(view, next).has_value());
    BOOST_TEST(store->batch()->rows(view).get("red")->value() == "2");
}

BOOST_AUTO_TEST_CASE(rows_and_positions_are_there_after_opening_again) {
    {
        const auto store = open();
        const auto batch = store->batch();
        batch->rows(view).put(std::string("\0key", 4), std::string("\0value\xff", 7));
        batch->set_position(view, Partition{513}, position_at(77));
        BOOST_TEST_REQUIRE(batch->commit().has_value());
    }
    const auto store = open();
    BOOST_TEST(store->get(view, std::string("\0key", 4))->value() == std::string("\0value\xff", 7));
    BOOST_TEST(store->position(view, Partition{513})->next_offset() == 77U);
}

BOOST_AUTO_TEST_CASE(a_scan_begins_at_its_place_and_ends_with_its_prefix) {
    const auto store = open();
    for (const auto* const key : {"a", "b", "b1", "b2", "b3", "c"}) put(*store, key, "");
    BOOST_TEST((keys_of(*store, view, "b") == Keys{"b", "b1", "b2", "b3"}));
    BOOST_TEST((keys_of(*store, view, "b", "2") == Keys{"b2", "b3"}));
    BOOST_TEST((keys_of(*store, view, "b", "4").empty()));
    BOOST_TEST((keys_of(*store, view, "") == Keys{"a", "b", "b1", "b2", "b3", "c"}));
}

BOOST_AUTO_TEST_CASE(a_scan_over_the_highest_bytes_ends_too) {
    const auto store = open();
    for (const auto* const key : {"\xfe", "\xff", "\xff\xff", "\xff\xff\x01"}) put(*store, key, "");
    const auto batch = store->batch();
    batch->set_position(view, Partition{0xffff}, position_at(1));
    BOOST_TEST_REQUIRE(batch->commit().has_value());
    BOOST_TEST((keys_of(*store, view, "\xff\xff") == Keys{"\xff\xff", "\xff\xff\x01"}));
    BOOST_TEST((keys_of(*store, view, "").size() == 4U));
}

BOOST_AUTO_TEST_CASE(a_scan_stops_when_told) {
    const auto store = open();
    for (const auto* const key : {"a", "b", "c"}) put(*store, key, "");
    int seen = 0;
    const auto scanned =
        store->scan(view, "", "", [&](std::string_view, std::string_view) { return ++seen < 2; });
    BOOST_TEST(scanned.has_value());
    BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(views_and_versions_are_kept_apart) {
    const auto store = open();
    const NamedView other("shapes");
    const NamedView next("colours", 2);
    put(*store, "red", "1");
    for (const auto* const absent : {&other, &next}) {
        BOOST_TEST(!store->get(*absent, "red")->has_value());
        BOOST_TEST(keys_of(*store, *absent, "").empty());
        BOOST_TEST(store->position(*absent, Partition{0})->next_offset() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(positions_are_listed_by_view_and_partition) {
    const auto store = open();
    const NamedView next("colours", 2);
    const auto batch = store->batch();
    batch->rows(view).put("red", "1");
    batch->set_position(view, Partition{3}, position_at(30));
    batch->set_position(view, Partition{300}, position_at(40));
    batch->set_position(next, Partition{3}, position_at(10));
    BOOST_TEST_REQUIRE(batch->commit().has_value());
    const auto positions = store->positions();
    BOOST_TEST_REQUIRE(positions.has_value());
    BOOST_TEST_REQUIRE(positions->size() == 3U);
    const auto is =
        [&](std::size_t i, std::string_view name, std::uint16_t p, std::uint64_t next_at) {
            const auto& position = (*positions)[i];
            return position.view == name && position.partition.value == p &&
                   position.next_offset == next_at;
        };
    BOOST_TEST(is(0, "colours@1", 3, 30));
    BOOST_TEST(is(1, "colours@1", 300, 40));
    BOOST_TEST(is(2, "colours@2", 3, 10));
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_refused) {
    const auto store = open();
    const auto second = Store::open(dir.path() / "views");
    BOOST_TEST_REQUIRE(!second);
    BOOST_TEST((second.error().code == Errc::kInUse));
}

BOOST_AUTO_TEST_CASE(a_secondary_reads_beside_the_owner) {
    const auto store = open();
    put(*store, "red", "1");
    const auto batch = store->batch();
    batch->set_position(view, Partition{0}, position_at(5));
    BOOST_TEST_REQUIRE(batch->commit().has_value());
    const auto secondary = Store::open_secondary(dir.path() / "views", dir.path() / "scratch");
    BOOST_TEST_REQUIRE(secondary.has_value());
    BOOST_TEST((*secondary)->get(view, "red")->value() == "1");
    BOOST_TEST_REQUIRE((*secondary)->positions()->size() == 1U);
    BOOST_TEST((*secondary)->positions()->front().next_offset == 5U);
    BOOST_TEST((*secondary)->size_bytes() > 0U);
}

BOOST_AUTO_TEST_CASE(a_secondary_of_nothing_is_not_found) {
    const auto secondary = Store::open_secondary(dir.path() / "none", dir.path() / "scratch");
    BOOST_TEST_REQUIRE(!secondary);
    BOOST_TEST((secondary.error().code == Errc::kNotFound));
    BOOST_TEST(!fs::exists(dir.path() / "none"));
}

BOOST_AUTO_TEST_CASE(a_damaged_folder_is_told) {
    {
        const auto store = open();
    }
    std::ofstream(dir.path() / "views" / "CURRENT", std::ios::trunc) << "rubbish";
    const auto damaged = Store::open(dir.path() / "views");
    BOOST_TEST_REQUIRE(!damaged);
    BOOST_TEST((damaged.error().code == Errc::kDamaged));
}

// A folder as a power cut leaves it: what was written last is cut off at any byte. Each batch puts
// one row and its number as position, so they part company only if a batch is torn.
BOOST_AUTO_TEST_CASE(a_cut_anywhere_leaves_rows_and_position_together) {
    constexpr std::uint64_t kBatches = 40;
    const auto store = open();
    for (std::uint64_t i = 1; i <= kBatches; ++i) {
        const auto batch = store->batch();
        batch->rows(view).put("row " + std::to_string(i), std::string(100, 'x'));
        batch->set_position(view, Partition{0}, position_at(i));
        BOOST_TEST_REQUIRE(batch->commit().has_value());
    }
    fs::path log;
    for (const auto& file : fs::directory_iterator(dir.path() / "views")) {
        if (file.path().extension() == ".log") log = std::max(log, file.path());
    }
    const auto size = fs::file_size(log);
    BOOST_TEST_REQUIRE(size > kBatches * 100);
    std::uint64_t highest = 0;
    for (std::uint64_t part = 0; part <= 37; ++part) {
        const fs::path copy = dir.path() / ("copy" + std::to_string(part));
        fs::copy(dir.path() / "views", copy);
        fs::resize_file(copy / log.filename(), size * part / 37);
        const auto cut = Store::open(copy);
        BOOST_TEST_REQUIRE(cut.has_value());
        const auto position = (*cut)->position(view, Partition{0})->next_offset();
        BOOST_TEST(keys_of(**cut, view, "row ").size() == position);
        highest = std::max(highest, position);
    }
    BOOST_TEST(highest == kBatches);
}

BOOST_AUTO_TEST_SUITE_END()

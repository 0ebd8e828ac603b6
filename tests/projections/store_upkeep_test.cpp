#include "projections/store_upkeep.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Partition;
using projections::Projection;
using projections::Store;

namespace {

// A view that is only a name.
class NamedView final : public Projection {
  public:
    NamedView(std::string name, unsigned version) : name_(std::move(name)), version_(version) {}
    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] unsigned version() const override { return version_; }
    events::Status apply(const projections::Committed&, projections::Rows&) override { return {}; }

  private:
    std::string name_;
    unsigned version_;
};

struct Kept : World {
    // The view has one row, and has read the first partition to before the offset.
    void has_read(const Projection& view, std::uint64_t offset) {
        const auto batch = store->batch();
        batch->rows(view).put("row", "1");
        parlour::views::v1::ViewPosition position;
        position.set_next_offset(offset);
        batch->set_position(view, Partition{0}, position);
        BOOST_TEST_REQUIRE(batch->commit().has_value());
    }
    bool has_row(const Projection& view) { return store->get(view, "row")->has_value(); }

    std::unique_ptr<Store> store = open_store();
    NamedView colours{"colours", 2};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_upkeep, Kept)

BOOST_AUTO_TEST_CASE(what_has_read_farther_than_the_log_reaches_is_dropped) {
    given.commit(tenant, conversation_of(1), said("one"));
    const auto end = log.end(Partition{0})->value;
    const NamedView behind("behind", 1);
    const NamedView there("there", 1);
    has_read(behind, end - 1);
    has_read(there, end);
    has_read(colours, end + 1);

    BOOST_TEST(projections::drop_rows_ahead(*store, log, partitions).value() == 1U);

    BOOST_TEST(has_row(behind));
    BOOST_TEST(has_row(there));
    BOOST_TEST(!has_row(colours));
    BOOST_TEST(store->position(colours, Partition{0})->next_offset() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_dropped_is_read_from_the_log_again) {
    given.commit(tenant, conversation_of(1), opened());
    given.commit(tenant, conversation_of(1), said("one"));
    read_into(*store);
    has_read(conversations, log.end(Partition{0})->value + 5);
    given.commit(tenant, conversation_of(1), said("two"));

    BOOST_TEST(projections::drop_rows_ahead(*store, log, partitions).value() == 1U);
    read_into(*store);

    const auto shown = page(*store, conversation_of(1), {.after = {}, .limit = 50});
    BOOST_TEST(shown.items.size() == 2U);
}

BOOST_AUTO_TEST_CASE(rows_of_another_version_are_dropped_and_those_that_serve_are_not) {
    const NamedView older("colours", 1);
    const NamedView rebuilt("colours~1", 2);
    has_read(older, 0);
    has_read(colours, 0);
    has_read(rebuilt, 0);
    BOOST_TEST_REQUIRE(store->replace(colours, rebuilt).has_value());

    BOOST_TEST(projections::drop_unused_rows(*store, {&colours}).value() == 1U);

    BOOST_TEST(!has_row(older));
    BOOST_TEST(has_row(colours));
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_rebuild_has_left_is_dropped) {
    const NamedView beside("colours~1", 2);
    has_read(colours, 0);
    has_read(beside, 0);

    BOOST_TEST(projections::drop_unused_rows(*store, {&colours}).value() == 1U);

    BOOST_TEST(has_row(colours));
    BOOST_TEST(!has_row(beside));
}

BOOST_AUTO_TEST_CASE(rows_of_what_is_not_asked_about_are_left_alone) {
    const NamedView policies("policies", 1);
    has_read(policies, 0);

    BOOST_TEST(projections::drop_unused_rows(*store, {&colours}).value() == 0U);

    BOOST_TEST(has_row(policies));
}

BOOST_AUTO_TEST_CASE(dropped_rows_stay_dropped_when_the_store_is_opened_again) {
    const NamedView older("colours", 1);
    has_read(older, 0);
    BOOST_TEST_REQUIRE(projections::drop_unused_rows(*store, {&colours}).has_value());

    store.reset();
    store = open_store();

    BOOST_TEST(store->names().empty());
}

BOOST_AUTO_TEST_SUITE_END()

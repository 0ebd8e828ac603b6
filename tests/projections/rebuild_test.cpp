#include "projections/rebuild.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

#include "tests/projections/world.hpp"

using namespace projections_test;
using projections::Rebuild;

namespace {

// A store that the views were read into, and a fresh instance of one of them.
struct Given : World {
    projections::ConversationView fresh;
    std::unique_ptr<projections::Store> store = open_store();

    void say(const std::string& text) { given.commit(tenant, conversation_of(1), said(text)); }
    std::unique_ptr<Rebuild> begin() {
        return std::move(*Rebuild::begin(log, partitions, *store, fresh));
    }
    static void run(Rebuild& rebuild) {
        const auto done = rebuild.run(
            {.go_on = [](const Rebuild::Progress&) { return true; },
             .exchange = [](const std::function<events::Status()>& finish) { return finish(); }});
        BOOST_TEST_REQUIRE(done.has_value());
    }
    std::vector<Row> rows(projections::Store& of) { return rows_of(of, conversations, partitions); }
    std::vector<std::string> texts() {
        return texts_of(page(*store, conversation_of(1), {.after = {}, .limit = 100}));
    }
};

using Texts = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rebuild, Given)

BOOST_AUTO_TEST_CASE(a_rebuilt_view_is_the_followed_one_byte_for_byte) {
    given.commit(tenant, conversation_of(1), opened());
    for (int i = 0; i < 50; ++i) {
        say("message " + std::to_string(i));
        given.commit(tenant, conversation_of(2), opened(), said("elsewhere"));
        read_into(*store);
    }
    const auto followed = rows(*store);
    run(*begin());
    BOOST_TEST((rows(*store) == followed));
    BOOST_TEST(followed.size() > 50U);
}

BOOST_AUTO_TEST_CASE(the_old_view_serves_until_the_new_one_is_in_its_place) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    read_into(*store);
    const auto running = begin();
    BOOST_TEST(running->step().value().caught_up());
    BOOST_TEST((texts() == Texts{"one"}));
    say("two");
    BOOST_TEST((texts() == Texts{"one"}));
    BOOST_TEST_REQUIRE(running->finish().has_value());
    BOOST_TEST((texts() == Texts{"one", "two"}));
}

BOOST_AUTO_TEST_CASE(progress_tells_how_much_of_the_log_was_read) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    const auto running = begin();
    const auto progress = running->step().value();
    BOOST_TEST(progress.read == progress.end);
    BOOST_TEST(progress.end == 2U);  // a claim and a commit
}

BOOST_AUTO_TEST_CASE(a_view_can_be_rebuilt_again_and_again) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    read_into(*store);
    for (int round = 0; round < 3; ++round) {
        run(*begin());
        BOOST_TEST((texts() == Texts{"one"}));
        BOOST_TEST(store->positions().value().size() == views().size() * partitions);
    }
}

BOOST_AUTO_TEST_CASE(the_new_view_serves_after_the_store_was_opened_again) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    read_into(*store);
    run(*begin());
    const auto rebuilt = rows(*store);
    store.reset();
    store = open_store();
    BOOST_TEST((rows(*store) == rebuilt));
    say("two");
    read_into(*store);
    BOOST_TEST((texts() == Texts{"one", "two"}));
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_rebuild_left_is_thrown_away_by_the_next) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    read_into(*store);
    BOOST_TEST(begin()->step().has_value());
    say("two");
    read_into(*store);
    const auto followed = rows(*store);
    run(*begin());
    BOOST_TEST((rows(*store) == followed));
}

// The runner's own writing stands still for the exchange, then goes on in the new rows.
BOOST_AUTO_TEST_CASE(views_that_are_followed_meanwhile_miss_nothing) {
    given.commit(tenant, conversation_of(1), opened());
    projections::Runner runner(log, partitions, *store, views());
    BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    runner.start();
    const auto running = begin();
    const auto told = [&](const test_support::Appended& appended) {
        runner.notify(appended.partition, events::Offset{appended.offset.value + 1});
        return appended;
    };
    told(given.commit(tenant, conversation_of(1), said("before")));
    BOOST_TEST_REQUIRE(runner.between_batches([&] { return running->finish(); }).has_value());
    const auto last = told(given.commit(tenant, conversation_of(1), said("after")));
    std::promise<bool> reached;
    runner.when_reached(last.partition, last.offset, [&](bool yes) { reached.set_value(yes); });
    BOOST_TEST(reached.get_future().get());
    BOOST_TEST((texts() == Texts{"before", "after"}));
    runner.stop();
}

BOOST_AUTO_TEST_CASE(a_rebuild_that_is_stopped_leaves_the_old_view_serving) {
    given.commit(tenant, conversation_of(1), opened(), said("one"));
    read_into(*store);
    const auto serving = store->serving(conversations);
    const auto done =
        begin()->run({.go_on = [](const Rebuild::Progress&) { return false; }, .exchange = {}});
    BOOST_TEST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code == events::Errc::kUnavailable));
    BOOST_TEST(store->serving(conversations) == serving);
    BOOST_TEST((texts() == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(a_runner_that_has_stopped_exchanges_nothing) {
    projections::Runner runner(log, partitions, *store, views());
    runner.start();
    runner.stop();
    const auto done = runner.between_batches([] { return events::Status{}; });
    BOOST_TEST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code == events::Errc::kUnavailable));
}

BOOST_AUTO_TEST_SUITE_END()

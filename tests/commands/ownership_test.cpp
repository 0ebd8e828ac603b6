#include <boost/test/unit_test.hpp>

#include "commands/partition.hpp"
#include "tests/commands/writer_world.hpp"

namespace {

using commands::Refusal;
using events::Errc;
using writer_world::Pending;
using writer_world::World;

const Refusal& refused(const Pending& pending) {
    BOOST_TEST_REQUIRE(pending->has_value(), "there is no answer yet");
    BOOST_TEST_REQUIRE(!(*pending)->has_value(), "the command was accepted");
    return (*pending)->error();
}

bool is_accepted(const Pending& pending) {
    return pending->has_value() && (*pending)->has_value();
}

}  // namespace

// DESIGN 3: the log is the lock, points 2, 4 and 5.
BOOST_AUTO_TEST_SUITE(ownership)

BOOST_AUTO_TEST_CASE(a_node_leads_from_its_claim_read_back_to_its_release) {
    World world;
    BOOST_TEST(world.writer().leads());
    world.release();
    BOOST_TEST(world.released == 1U);
    BOOST_TEST(!world.writer().leads());
    world.claim();
    BOOST_TEST(world.claimed->has_value());
    BOOST_TEST((world.holds == std::vector<bool>{true, false, true}));
}

BOOST_AUTO_TEST_CASE(what_was_in_flight_at_the_release_is_answered_and_nothing_is_taken_after_it) {
    World world;
    const auto opened = world.open(1);
    world.run_ready();
    world.writer().release([&world] { ++world.released; });
    world.run_ready();
    BOOST_TEST(world.released == 0U);
    const auto late = world.send(2, "too late");
    world.run_ready();
    BOOST_TEST((refused(late).kind == Refusal::Kind::kNotOwner));
    BOOST_TEST((refused(late).error->code == Errc::kUnavailable));
    BOOST_TEST(refused(late).owner.empty());
    world.settle();
    BOOST_TEST(is_accepted(opened));
    BOOST_TEST(world.released == 1U);
}

BOOST_AUTO_TEST_CASE(a_released_partition_stays_released_though_its_claim_comes_back_late) {
    World world;
    world.release();
    world.writer().claim([](const events::Status&) {});
    world.run_ready();
    world.release();
    BOOST_TEST(!world.writer().leads());
    BOOST_TEST((refused(world.settled(world.open(1))).kind == Refusal::Kind::kNotOwner));
}

BOOST_AUTO_TEST_CASE(a_follower_names_the_leader_that_the_claim_in_force_names) {
    World world;
    const auto follower = world.follower();
    BOOST_TEST_REQUIRE(follower->leader().has_value());
    BOOST_TEST(follower->leader()->node == "test");
    BOOST_TEST(follower->leader()->address == "https://test.example:8443");
    BOOST_TEST(!follower->leads());

    world.claim_as_another_node(events::Term{7});
    world.settle();
    follower->read_on();
    world.settle();
    BOOST_TEST(follower->leader()->node == "another");
    BOOST_TEST(follower->leader()->claim.term.value == 7U);
}

BOOST_AUTO_TEST_CASE(a_deposed_node_refuses_with_the_address_of_who_leads_now) {
    World world;
    world.open(1);
    world.settle();
    world.writer().release([] {});
    world.settle();
    world.claim_as_another_node(events::Term{7});
    world.settle();
    world.writer().read_on();
    const auto sent = world.settled(world.send(2, "hello"));
    BOOST_TEST((refused(sent).kind == Refusal::Kind::kNotOwner));
    BOOST_TEST(refused(sent).owner == "https://another.example:8443");
}

BOOST_AUTO_TEST_CASE(being_deposed_is_told_at_once_and_a_leader_without_work_learns_of_it_too) {
    World world;
    world.claim_as_another_node(events::Term{7});
    world.settle();
    BOOST_TEST(world.writer().leads());
    world.writer().read_on();
    world.run_ready();
    BOOST_TEST(!world.writer().leads());
    BOOST_TEST((world.holds == std::vector<bool>{true, false}));
}

// F3, and expected versions (FEATURES 1): a node that slept past its session knows old versions.
BOOST_AUTO_TEST_CASE(a_deposed_leader_that_has_not_heard_of_it_refuses_nothing_by_what_it_knew) {
    World world;
    world.open(1);
    world.settle();
    world.claim_as_another_node(events::Term{7});
    world.settle();
    BOOST_TEST(world.writer().leads());
    const auto conflict = world.send(2, "late", events::Version{9});
    const auto rejection = world.open(3);
    world.settle();
    for (const auto& answer : {conflict, rejection}) {
        BOOST_TEST((refused(answer).kind == Refusal::Kind::kFailed));
        BOOST_TEST((refused(answer).error->code == Errc::kUnavailable));
    }
}

BOOST_AUTO_TEST_CASE(a_conflict_is_told_once_a_record_sent_after_it_came_back) {
    World world;
    world.open(1);
    world.settle();
    const auto conflict = world.send(2, "late", events::Version{9});
    world.run_ready();
    BOOST_TEST(!conflict->has_value());
    world.settle();
    BOOST_TEST((refused(conflict).kind == Refusal::Kind::kVersionConflict));
    BOOST_TEST(writer_world::records_of(world.log).back().has_heartbeat());
}

BOOST_AUTO_TEST_CASE(a_conflict_that_waits_is_void_when_the_partition_is_given_up) {
    World world;
    world.open(1);
    world.settle();
    const auto conflict = world.send(2, "late", events::Version{9});
    world.run_ready();
    world.release();
    BOOST_TEST((refused(conflict).kind == Refusal::Kind::kFailed));
}

BOOST_AUTO_TEST_SUITE_END()

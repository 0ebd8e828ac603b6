#include "commands/partition.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

#include "events/commit.hpp"
#include "events/fence.hpp"
#include "tests/commands/writer_world.hpp"
#include "tests/events/samples.hpp"

namespace {

using commands::Refusal;
using events::Errc;
using events::Seq;
using events::Version;
using writer_world::Pending;
using writer_world::World;

const commands::Accepted& accepted(const Pending& pending) {
    BOOST_TEST_REQUIRE(pending->has_value(), "there is no answer yet");
    BOOST_TEST_REQUIRE((*pending)->has_value(), "the command was refused");
    return **pending->operator->();
}

const Refusal& refused(const Pending& pending) {
    BOOST_TEST_REQUIRE(pending->has_value(), "there is no answer yet");
    BOOST_TEST_REQUIRE(!(*pending)->has_value(), "the command was accepted");
    return (*pending)->error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(partition)

BOOST_AUTO_TEST_CASE(a_command_is_answered_only_after_its_commit_was_read_back) {
    World world;
    const auto opened = world.open(1);
    world.run_ready();
    BOOST_TEST(!opened->has_value());
    world.settle();
    BOOST_TEST(accepted(opened).position.value == 1U);
    BOOST_TEST(accepted(opened).version.value == 1U);
    BOOST_TEST(!accepted(opened).replayed);
}

// H6b
BOOST_AUTO_TEST_CASE(nothing_is_decided_before_the_claim_was_read_back) {
    World world;
    const auto records = writer_world::records_of(world.log);
    BOOST_TEST_REQUIRE(records.size() == 1U);
    BOOST_TEST(records[0].has_claim());
    BOOST_TEST(records[0].term() == 1U);
    BOOST_TEST_REQUIRE(world.claimed.has_value());
    BOOST_TEST(world.claimed->has_value());
}

BOOST_AUTO_TEST_CASE(every_start_claims_the_next_term_and_names_it_in_its_commits) {
    World world;
    world.open(1);
    world.settle();
    world.restart();
    const auto sent = world.send(2, "hello");
    world.settle();
    accepted(sent);
    events::Fence fence;
    std::uint64_t commits = 0;
    for (const auto& record : writer_world::records_of(world.log)) {
        BOOST_TEST((fence.apply(record) != events::Verdict::kVoid));
        if (record.has_commit()) ++commits;
    }
    BOOST_TEST(commits == 2U);
    BOOST_TEST(fence.in_force()->term.value == 2U);
}

BOOST_AUTO_TEST_CASE(commands_are_decided_on_what_is_still_in_flight) {
    World world;
    const auto opened = world.open(1);
    const auto first = world.send(2, "one");
    const auto second = world.send(3, "two");
    world.settle();
    BOOST_TEST(accepted(opened).position.value == 1U);
    BOOST_TEST(accepted(first).position.value == 2U);
    BOOST_TEST(accepted(second).version.value == 3U);
}

// E14
BOOST_AUTO_TEST_CASE(seqs_of_a_tenant_are_dense_from_one) {
    World world;
    for (std::uint8_t i = 1; i <= 20; ++i) {
        world.open(i, events::Uuid{.bytes = {i}});
        if (i % 3 == 0) world.step();
        if (i == 10) world.restart();
    }
    world.settle();
    std::uint64_t expected = 1;
    for (const auto& record : writer_world::records_of(world.log)) {
        if (!record.has_commit()) continue;
        events::OpenedHeader opened;
        BOOST_TEST_REQUIRE(events::read_header(record.commit(), opened).has_value());
        BOOST_TEST(opened.meta.seq.value == expected);
        BOOST_TEST(events::opens(record.commit()));
        ++expected;
    }
    BOOST_TEST(expected > 10U);
}

// E01
BOOST_AUTO_TEST_CASE(the_same_command_twice_writes_nothing_and_answers_the_same) {
    World world;
    world.open(1);
    const auto first = world.send(2, "hello");
    world.settle();
    const auto size = writer_world::records_of(world.log).size();
    const auto repeat = world.send(2, "hello");
    world.settle();
    BOOST_TEST(accepted(repeat).replayed);
    BOOST_TEST(accepted(repeat).position.value == accepted(first).position.value);
    BOOST_TEST(accepted(repeat).version.value == accepted(first).version.value);
    BOOST_TEST(writer_world::records_of(world.log).size() == size);
}

BOOST_AUTO_TEST_CASE(a_repeat_while_the_first_is_in_flight_waits_for_it) {
    World world;
    world.open(1);
    world.settle();
    const auto first = world.send(2, "hello");
    const auto repeat = world.send(2, "hello");
    world.run_ready();
    BOOST_TEST(!first->has_value());
    BOOST_TEST(!repeat->has_value());
    world.settle();
    BOOST_TEST(!accepted(first).replayed);
    BOOST_TEST(accepted(repeat).replayed);
    BOOST_TEST(accepted(repeat).position.value == accepted(first).position.value);
}

BOOST_AUTO_TEST_CASE(a_repeat_after_a_restart_is_still_known) {
    World world;
    world.open(1);
    const auto first = world.send(2, "hello");
    world.settle();
    world.restart();
    const auto repeat = world.send(2, "hello");
    const auto next = world.send(3, "again");
    world.settle();
    BOOST_TEST(accepted(repeat).replayed);
    BOOST_TEST(accepted(repeat).position.value == accepted(first).position.value);
    BOOST_TEST(accepted(next).version.value == accepted(first).version.value + 1);
}

BOOST_AUTO_TEST_CASE(the_same_key_with_another_body_is_refused_and_changes_nothing) {
    World world;
    world.open(1);
    world.send(2, "hello");
    world.settle();
    world.restart();
    const auto size = writer_world::records_of(world.log).size();
    const auto misuse = world.send(2, "goodbye");
    world.settle();
    BOOST_TEST((refused(misuse).kind == Refusal::Kind::kKeyReused));
    BOOST_TEST(writer_world::records_of(world.log).size() == size);
}

BOOST_AUTO_TEST_CASE(a_stale_expected_version_is_refused_with_the_current_one) {
    World world;
    world.open(1);
    world.send(2, "hello");
    world.settle();
    const auto stale = world.send(3, "late", Version{1});
    const auto fresh = world.send(4, "in time", Version{2});
    world.settle();
    BOOST_TEST((refused(stale).kind == Refusal::Kind::kVersionConflict));
    BOOST_TEST(refused(stale).current.value == 2U);
    BOOST_TEST(accepted(fresh).version.value == 3U);
}

BOOST_AUTO_TEST_CASE(a_rejection_that_rests_on_commits_in_flight_waits_for_them) {
    World world;
    const auto opened = world.open(1);
    const auto again = world.open(2);
    world.run_ready();
    BOOST_TEST(!again->has_value());
    world.settle();
    accepted(opened);
    BOOST_TEST((refused(again).kind == Refusal::Kind::kRejected));
    BOOST_TEST(refused(again).rejection->code == "conversation-already-opened");
}

BOOST_AUTO_TEST_CASE(after_a_failed_append_nothing_is_acknowledged_any_more) {
    World world;
    world.open(1);
    world.settle();
    world.log.fail_from_now_on();
    const auto sent = world.send(2, "hello");
    world.settle();
    BOOST_TEST((refused(sent).kind == Refusal::Kind::kFailed));
    BOOST_TEST((refused(sent).error->code == Errc::kUnavailable));
    BOOST_TEST_REQUIRE(world.failure.has_value());
    BOOST_TEST((world.failure->code == Errc::kStorage));
    const auto later = world.send(3, "hello?");
    world.settle();
    BOOST_TEST((refused(later).error->code == Errc::kUnavailable));
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_commands_are_told_so_and_nothing_ends) {
    World world;
    world.open(1);
    world.settle();
    const auto size = writer_world::records_of(world.log).size();
    world.log.set_full(true);
    const auto refused_at_once = world.send(2, "hello");
    const auto behind_it = world.send(3, "hello?");
    world.settle();
    BOOST_TEST((refused(refused_at_once).error->code == Errc::kStorageFull));
    BOOST_TEST((refused(behind_it).error->code == Errc::kStorageFull));
    const auto later = world.send(4, "still there?");
    world.settle();
    BOOST_TEST((refused(later).error->code == Errc::kStorageFull));
    BOOST_TEST(!world.failure.has_value());
    BOOST_TEST(writer_world::records_of(world.log).size() == size);
}

BOOST_AUTO_TEST_CASE(once_there_is_room_the_partition_claims_again_and_the_same_commands_succeed) {
    World world;
    world.open(1);
    world.settle();
    world.log.set_full(true);
    refused(world.settled(world.send(2, "hello")));
    world.log.set_full(false);
    BOOST_TEST_REQUIRE(world.wait_until([&] {
        const auto again = world.settled(world.send(2, "hello"));
        return again->has_value() && (*again)->has_value();
    }));
    BOOST_TEST(accepted(world.settled(world.send(3, "next"))).position.value == 3U);
    events::Fence fence;
    for (const auto& record : writer_world::records_of(world.log)) {
        BOOST_TEST((fence.apply(record) != events::Verdict::kVoid));
    }
    BOOST_TEST(fence.in_force()->term.value == 2U);
}

BOOST_AUTO_TEST_CASE(a_start_on_a_full_disk_tells_so_and_claims_by_itself_later) {
    World world;
    world.open(1);
    world.settle();
    world.log.set_full(true);
    world.restart();
    BOOST_TEST_REQUIRE(world.claimed.has_value());
    BOOST_TEST_REQUIRE(!world.claimed->has_value());
    BOOST_TEST((world.claimed->error().code == Errc::kStorageFull));
    world.log.set_full(false);
    BOOST_TEST(world.wait_until([&] {
        const auto sent = world.settled(world.send(2, "hello"));
        return sent->has_value() && (*sent)->has_value();
    }));
}

// H3: the claim that lands first has the term. Whoever came second claims the next one.
BOOST_AUTO_TEST_CASE(a_node_whose_claim_came_second_claims_again) {
    World world;
    world.open(1);
    world.settle();
    world.claim_as_another_node(events::Term{2});
    world.restart();
    BOOST_TEST(!world.claimed.has_value());
    BOOST_TEST(world.load().led == 0U);
    BOOST_TEST(world.wait_until([&] { return world.load().led == 1U; }));
    accepted(world.settled(world.send(2, "hello")));
    events::Fence fence;
    for (const auto& record : writer_world::records_of(world.log)) fence.apply(record);
    BOOST_TEST(fence.in_force()->term.value == 3U);
}

// A full window leaves commands waiting in the inbox; a log that ends must not leave them there.
BOOST_AUTO_TEST_CASE(commands_that_wait_behind_a_full_window_are_answered_when_the_log_fails) {
    World world;
    world.open(1);
    world.settle();
    world.log.fail_from_now_on();
    std::uint16_t command = 2;
    for (std::size_t i = 0; i < commands::kInFlightMax; ++i) world.send(command++, "in flight");
    world.run_ready();
    const auto waiting = world.send(command++, "waiting");
    world.run_ready();
    BOOST_TEST(!waiting->has_value());
    world.settle();
    BOOST_TEST((refused(waiting).error->code == Errc::kUnavailable));
    const auto later = world.send(command, "later");
    world.settle();
    BOOST_TEST((refused(later).error->code == Errc::kUnavailable));
}

// What was sent is not decoded again when it comes back, so it must be the very same bytes.
BOOST_AUTO_TEST_CASE(a_commit_that_comes_back_changed_is_not_acknowledged) {
    World world;
    world.open(1);
    world.settle();
    world.seen.tamper = [](events::Entry& entry) {
        std::string changed = *entry.frame;
        changed.back() = static_cast<char>(changed.back() ^ 1);
        entry.frame = std::make_shared<const std::string>(std::move(changed));
    };
    const auto sent = world.send(2, "hello");
    world.settle();
    BOOST_TEST((refused(sent).error->code == Errc::kUnavailable));
    BOOST_TEST_REQUIRE(world.failure.has_value());
    BOOST_TEST((world.failure->code == Errc::kDamaged));
}

// A whole record of another content under our record key is none of ours either.
BOOST_AUTO_TEST_CASE(another_record_in_the_place_of_a_commit_is_not_acknowledged) {
    World world;
    world.open(1);
    world.settle();
    const auto entries = world.log.read(writer_world::kPartition, {}, {});
    BOOST_TEST_REQUIRE(entries.has_value());
    world.seen.tamper = [other = entries->back().frame](events::Entry& entry) {
        entry.frame = other;
    };
    const auto sent = world.send(2, "hello");
    world.settle();
    BOOST_TEST((refused(sent).error->code == Errc::kUnavailable));
    BOOST_TEST_REQUIRE(world.failure.has_value());
    BOOST_TEST((world.failure->code == Errc::kDamaged));
}

// F2: a commit that a later claim made void is not acknowledged, though its bytes came back.
BOOST_AUTO_TEST_CASE(a_commit_behind_another_nodes_claim_is_not_acknowledged) {
    World world;
    world.open(1);
    world.settle();
    const auto theirs = samples::claim(9, 0x99);
    auto frame = events::encode_record(samples::claim_record(theirs));
    BOOST_TEST_REQUIRE(frame.has_value());
    std::vector<events::Outgoing> claim;
    claim.push_back({.key = samples::id<events::RecordKey>(0x99),
                     .frame = std::move(*frame),
                     .index = events::ClaimIndex{theirs}});
    world.log.append(writer_world::kPartition, std::move(claim), [](const events::Status&) {});
    const auto sent = world.send(2, "hello");
    world.settle();
    BOOST_TEST((refused(sent).error->code == Errc::kUnavailable));
}

BOOST_AUTO_TEST_CASE(every_stream_has_a_key_of_its_own_and_every_send_a_fresh_record_key) {
    World world;
    world.open(1, events::Uuid{.bytes = {1}});
    world.open(2, events::Uuid{.bytes = {2}});
    world.settle();
    std::set<std::string> data_keys;
    for (const auto& record : writer_world::records_of(world.log)) {
        if (!record.has_commit()) continue;
        events::OpenedHeader opened;
        BOOST_TEST_REQUIRE(events::read_header(record.commit(), opened).has_value());
        data_keys.insert(opened.header.key_id());
    }
    BOOST_TEST(data_keys.size() == 2U);
    std::set<events::RecordKey> record_keys;
    const auto entries = world.log.read(writer_world::kPartition, {}, {});
    BOOST_TEST_REQUIRE(entries.has_value());
    for (const auto& entry : *entries) record_keys.insert(entry.key);
    BOOST_TEST(record_keys.size() == entries->size());
}

BOOST_AUTO_TEST_CASE(a_command_on_a_stream_whose_key_is_destroyed_is_answered_erased) {
    World world;
    world.open(1);
    world.settle();
    events::OpenedHeader opened;
    const auto records = writer_world::records_of(world.log);
    BOOST_TEST_REQUIRE(events::read_header(records.back().commit(), opened).has_value());
    const auto claim = events::claim_of(records.back());
    BOOST_TEST_REQUIRE(
        world.keys->destroy(writer_world::kTenant, opened.meta.key_id, *claim).has_value());
    world.restart();
    const auto sent = world.send(2, "hello");
    world.settle();
    BOOST_TEST((refused(sent).error->code == Errc::kErased));
}

BOOST_AUTO_TEST_CASE(the_views_are_told_how_far_the_log_was_read_back) {
    World world;
    const auto before = world.read_back.back();
    world.open(1);
    world.settle();
    BOOST_TEST(world.read_back.back().value == before.value + 1);
}

BOOST_AUTO_TEST_CASE(every_answer_is_measured_once_whether_taken_or_refused) {
    World world;
    const auto rounds = world.meter.rounds;
    BOOST_TEST(rounds == 1U, "the claim was read back");
    world.open(1);
    world.send(2, "text");
    world.settle();
    world.send(2, "text");
    world.send(2, "another text");
    world.send(3, " ");
    world.send(4, "text", Version{99});
    world.settle();
    BOOST_TEST(world.meter.accepted == 3U);
    BOOST_TEST(world.meter.refused == 3U);
    BOOST_TEST(world.meter.rounds > rounds);
    BOOST_TEST(!world.meter.negative);
}

BOOST_AUTO_TEST_CASE(the_load_tells_what_waits_what_is_in_flight_and_who_leads) {
    World world;
    BOOST_TEST(world.load().partitions == 1U);
    BOOST_TEST(world.load().led == 1U);
    world.open(1);
    world.send(2, "text");
    BOOST_TEST(world.load().waiting == 2U);
    world.run_ready();
    BOOST_TEST(world.load().waiting == 0U);
    BOOST_TEST(world.load().in_flight == 2U);
    world.settle();
    BOOST_TEST(world.load().in_flight == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

#include "events/partition_fold.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/events/histories.hpp"

using namespace events;
using namespace histories;

namespace {

const Erases kErasesS{.stream = kS, .case_id = kCase, .seqs = {{Seq{1}, Seq{1}}}};

const TenantFold& tenant_of(const PartitionFold& fold) {
    return fold.tenant(kTenant);
}

Effect last_effect(const Log& log) {
    PartitionFold fold;
    Effect effect{};
    for (const auto& sent : log) effect = fold.apply(sent.key, sent.record, sent.decides);
    return effect;
}

}  // namespace

// The histories are those of the log protocol's rules; H ids name what breaks without a rule.
BOOST_AUTO_TEST_SUITE(partition_fold)

// H7: whoever reads from the beginning gets what a live reader has.
BOOST_AUTO_TEST_CASE(a_reader_from_the_beginning_agrees_with_a_live_one) {
    const auto x = commit(kA1, {});
    const auto late = commit(kA1, {.seq = 3, .command = 'Y'});
    const Log log{claim(kA1),
                  x,
                  erasure(kA1, 2, kErasesS),
                  claim(kB2),
                  late,
                  void_tombstone(kB2, late),
                  tombstone(kB2, x),
                  end_of_erasure(kB2, 3, kCase)};
    BOOST_TEST(compactions(log).size() == 4U);
    BOOST_TEST(all_readers_agree(log));
    BOOST_TEST(!holds_payload(compacted(log)));
}

// F1, H3: a loser's claim of an equal term lands, and compaction removes the winner's.
BOOST_AUTO_TEST_CASE(claims_under_one_key_would_change_who_leads) {
    Log log{claim(kA1), claim(samples::claim(1, 0xb1)), commit(kA1, {})};
    BOOST_TEST(all_readers_agree(log));
    log[1].key = log[0].key;
    BOOST_TEST(!all_readers_agree(log));
}

// T1, H2a: a tombstone lands behind a newer claim. Were it void, seq 1 would be gone for those who
// come later.
BOOST_AUTO_TEST_CASE(a_tombstone_counts_whatever_its_term) {
    const auto x = commit(kA1, {});
    const Log log{claim(kA1), x, erasure(kA1, 2, kErasesS), claim(kB2), tombstone(kA1, x)};
    BOOST_TEST((last_effect(log) == Effect::kCounted));
    BOOST_TEST(all_readers_agree(log));
    // The same without its effect: what a reader would see that skips it.
    const Log skipped{log[0], log[2], log[3]};
    BOOST_TEST((tenant_of(fold(skipped)).gaps() == std::vector{Seq{1}}));
}

// T1: the erasure must precede it, name stream and case, and list the seq.
BOOST_AUTO_TEST_CASE(a_tombstone_without_the_authority_of_an_erasure_is_a_forgery) {
    const auto x = commit(kA1, {});
    const auto y = commit(kA1, {.seq = 2, .stream = kT, .command = 'Y'});
    const auto z = commit(kA1, {.seq = 3, .command = 'Z'});
    const Log before{claim(kA1), x, y, z};
    const auto judged = [&](const std::vector<Sent>& more) {
        Log log = before;
        log.insert(log.end(), more.begin(), more.end());
        BOOST_TEST(!tenant_of(fold(log)).places.begin()->second.covered);
        return last_effect(log);
    };
    BOOST_TEST((judged({tombstone(kA1, x)}) == Effect::kForged));
    BOOST_TEST((judged({erasure(kA1, 4, kErasesS), tombstone(kA1, x, samples::id<Uuid>(1))}) ==
                Effect::kForged));
    BOOST_TEST((judged({erasure(kA1, 4, kErasesS), tombstone(kA1, y)}) == Effect::kForged));
    // Of the same stream and case, but not in the list.
    BOOST_TEST((judged({erasure(kA1, 4, kErasesS), tombstone(kA1, z)}) == Effect::kForged));
    // A void erasure gives none.
    BOOST_TEST(
        (judged({claim(kB2), erasure(kA1, 4, kErasesS), tombstone(kB2, x)}) == Effect::kForged));
}

BOOST_AUTO_TEST_CASE(a_tombstone_over_another_commitment_is_a_contradiction) {
    const auto x = commit(kA1, {});
    auto wrong = tombstone(kA1, x);
    wrong.record.mutable_tombstone()->set_commitment(samples::fill(32, 0x01));
    const Log log{claim(kA1), x, erasure(kA1, 2, kErasesS), wrong};
    BOOST_TEST((last_effect(log) == Effect::kContradiction));
    BOOST_TEST(tenant_of(fold(log)).contradiction);
}

// T5, H6a: X made a stream, the stream is erased and compacted; a retry of X must find it done.
BOOST_AUTO_TEST_CASE(the_command_of_an_erased_commit_is_still_known) {
    const auto x = commit(kA1, {.command = 'X'});
    const Log log{claim(kA1), x, erasure(kA1, 2, kErasesS), tombstone(kA1, x)};
    for (const auto& left : compactions(log)) {
        BOOST_TEST(tenant_of(fold(left)).commands.contains(samples::id<CommandId>('X')));
    }
    auto without = log;
    without.back().record.mutable_tombstone()->set_command_id(samples::fill(16, 0));
    BOOST_TEST(!tenant_of(fold(compacted(without))).commands.contains(samples::id<CommandId>('X')));
}

// T4, H8a: the stream of an erasure is erased itself; its tombstones lose their authority.
BOOST_AUTO_TEST_CASE(an_erasure_that_is_erased_takes_its_tombstones_with_it) {
    const auto x = commit(kA1, {});
    const auto first = erasure(kA1, 2, kErasesS);
    CommitHeader of_first;
    of_first.ParseFromString(first.record.commit().header());
    const StreamId stream{.kind = of_first.stream_kind(),
                          .uuid = *Uuid::from_bytes(of_first.stream())};
    const Uuid second = samples::id<Uuid>(0xcb);
    const Log kept{claim(kA1), x, first, tombstone(kA1, x)};
    BOOST_TEST(all_readers_agree(kept));
    BOOST_TEST(tenant_of(fold(kept)).permanent.contains(stream));
    Log erased = kept;
    erased.push_back(
        erasure(kA1, 3, {.stream = stream, .case_id = second, .seqs = {{Seq{2}, Seq{2}}}}));
    erased.push_back(tombstone(kA1, first, second));
    BOOST_TEST(!all_readers_agree(erased));
}

// F5, H8b: X lands void under the key of the X that was committed, and compaction takes that one.
BOOST_AUTO_TEST_CASE(records_under_one_key_would_lose_the_committed_one) {
    Log log{claim(kA1), claim(kB2), commit(kB2, {}), commit(kA1, {})};
    BOOST_TEST(all_readers_agree(log));
    log[3].key = log[2].key;
    BOOST_TEST(!all_readers_agree(log));
}

// F6, H8c: one append is lost and the next lands: a hole that nothing fills.
BOOST_AUTO_TEST_CASE(an_append_that_is_lost_leaves_a_gap_for_ever) {
    const Log log{claim(kA1),
                  commit(kA1, {.seq = 2, .command = 'Y'}),
                  commit(kA1, {.seq = 3, .command = 'Z'})};
    BOOST_TEST((tenant_of(fold(log)).gaps() == std::vector{Seq{1}}));
    BOOST_TEST(!all_readers_agree(log));
}

// F3, H6b: X lands unread; its new leader sends X again at once, before it read that far.
BOOST_AUTO_TEST_CASE(a_leader_that_serves_before_its_claim_is_back_writes_twice) {
    const Log log{claim(kA1), commit(kA1, {}), claim(kB2), commit(kB2, {})};
    BOOST_TEST((last_effect(log) == Effect::kContradiction));
    BOOST_TEST(!all_readers_agree(log));
}

// V1: what is void is told by what precedes it alone, so anybody may say so, also later.
BOOST_AUTO_TEST_CASE(a_void_payload_is_known_until_a_void_tombstone_stands_over_it) {
    const auto late = commit(kA1, {});
    Log log{claim(kA1), claim(kB2), late};
    BOOST_TEST((fold(log).void_payloads() == std::set{late.key}));
    log.push_back(void_tombstone(kA1, late));
    BOOST_TEST(fold(log).void_payloads().empty());
    BOOST_TEST(!holds_payload(compacted(log)));
}

BOOST_AUTO_TEST_CASE(a_void_decision_decides_nothing) {
    const Log log{claim(kA1), claim(kB2), hold(kA1, 1, kS), erasure(kA1, 2, kErasesS)};
    BOOST_TEST(tenant_of(fold(log)).holds.empty());
    BOOST_TEST(!tenant_of(fold(log)).is_erased(kS));
}

// K3: the first commit under a key binds it, to one stream for ever.
BOOST_AUTO_TEST_CASE(a_key_of_one_stream_seals_no_other) {
    const Log log{claim(kA1),
                  commit(kA1, {.seq = 1, .stream = kS}),
                  commit(kA1, {.seq = 2, .stream = kT, .command = 'Y'})};
    BOOST_TEST((last_effect(log) == Effect::kContradiction));
}

BOOST_AUTO_TEST_CASE(tenants_of_one_partition_do_not_see_each_other) {
    Log log{claim(kA1), commit(kA1, {})};
    auto other = commit(kA1, {});
    CommitHeader header;
    header.ParseFromString(other.record.commit().header());
    header.set_tenant(samples::fill(8, 0x22));
    other.record.mutable_commit()->set_header(header.SerializeAsString());
    log.push_back(other);
    const auto both = fold(log);
    BOOST_TEST((last_effect(log) == Effect::kCounted));
    BOOST_TEST(both.tenant(kTenant).places.size() == 1U);
    BOOST_TEST(both.tenant(samples::tenant(0x22)).places.size() == 1U);
    BOOST_TEST(both.tenant(samples::tenant(0x33)).places.empty());
}

BOOST_AUTO_TEST_SUITE_END()

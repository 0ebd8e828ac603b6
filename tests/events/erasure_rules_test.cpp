#include "events/erasure_rules.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/events/histories.hpp"

using namespace events;
using namespace histories;

namespace {

const Erases kErasesS{.stream = kS, .case_id = kCase, .seqs = {{Seq{1}, Seq{1}}}};
const ErasureCase kCaseOfS{.stream = kS, .id = kCase};

// X on S is there, S is erased under the case, and A has sent nothing of it yet.
struct Erased {
    Sent key = key_created(kA1);
    Sent x = commit(kA1, {});
    Log keys{claim(kA1), key};
    Log log{claim(kA1), x, erasure(kA1, 2, kErasesS)};
};

std::vector<Seq> seqs(std::initializer_list<std::uint64_t> values) {
    std::vector<Seq> made;
    for (const auto value : values) made.push_back(Seq{value});
    return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(erasure_rules)

// F3: nothing is decided before the node's own claim was read back.
BOOST_AUTO_TEST_CASE(a_node_leads_only_when_its_claim_is_in_force) {
    const Log keys{claim(kA1), claim(kB2)};
    const Log before{claim(kA1), commit(kA1, {})};
    BOOST_TEST(!may_lead(Reader(before, keys, kB2).read()));
    Log behind = before;
    behind.push_back(claim(kB2));
    BOOST_TEST(may_lead(Reader(behind, keys, kB2).read()));
    BOOST_TEST(!may_lead(Reader(behind, keys, kA1).read()));
}

// K4, H5e: A's key landed; B has won the events partition and has not read the keys. It would find
// no key of S, cover X and report it done, while the key is alive.
BOOST_AUTO_TEST_CASE(a_node_that_has_not_won_the_keys_does_not_lead) {
    Erased at;
    at.log.push_back(claim(kB2));
    const Reader unread(at.log, {}, kB2);
    BOOST_TEST((tombstones_due(unread.read()) == seqs({1})));  // what it would do
    BOOST_TEST(!may_lead(unread.read()));
    at.keys.push_back(claim(kB2));
    const Reader read(at.log, at.keys, kB2);
    BOOST_TEST(may_lead(read.read()));
    BOOST_TEST(tombstones_due(read.read()).empty());
}

// F4, H8f: B has read to its own claim; X is compacted away and its tombstone not read yet.
BOOST_AUTO_TEST_CASE(a_node_with_a_gap_before_it_does_not_lead) {
    Erased at;
    const Log keys{claim(kA1), at.key, key_destroyed(kA1, at.key), claim(kB2)};
    Log log{at.log[0], at.log[2], claim(kB2)};
    BOOST_TEST(!may_lead(Reader(log, keys, kB2).read()));
    log.push_back(tombstone(kA1, at.x));
    BOOST_TEST(may_lead(Reader(log, keys, kB2).read()));
}

// T2, H2b: key-destroyed is on its way; tombstones and end must wait for it.
BOOST_AUTO_TEST_CASE(tombstones_wait_for_the_keys_and_the_end_for_the_tombstones) {
    Erased at;
    {
        const Reader reader(at.log, at.keys, kA1);
        BOOST_TEST((keys_to_destroy(reader.read()) == std::vector{kKey}));
        BOOST_TEST(tombstones_due(reader.read()).empty());
        BOOST_TEST(!may_end(reader.read(), kCaseOfS));
    }
    at.keys.push_back(key_destroyed(kA1, at.key));
    {
        const Reader reader(at.log, at.keys, kA1);
        BOOST_TEST(keys_to_destroy(reader.read()).empty());
        BOOST_TEST((tombstones_due(reader.read()) == seqs({1})));
        BOOST_TEST(!may_end(reader.read(), kCaseOfS));
    }
    at.log.push_back(tombstone(kA1, at.x));
    {
        const Reader reader(at.log, at.keys, kA1);
        BOOST_TEST(tombstones_due(reader.read()).empty());
        BOOST_TEST(may_end(reader.read(), kCaseOfS));
    }
    at.log.push_back(end_of_erasure(kA1, 3, kCase));
    BOOST_TEST(!may_end(Reader(at.log, at.keys, kA1).read(), kCaseOfS));
}

// T3, H2c: A's key-destroyed is queued, B sees the key alive. A hold now could not be kept.
BOOST_AUTO_TEST_CASE(a_hold_behind_the_erasure_is_too_late_though_the_key_is_alive) {
    Erased at;
    at.log.push_back(claim(kB2));
    at.keys.push_back(claim(kB2));
    const Reader late(at.log, at.keys, kB2);
    BOOST_TEST(late.read().keys.is_usable(kKey));
    BOOST_TEST((hold_on(late.read(), {}, kS) == Refused::kErased));
    BOOST_TEST((hold_on(late.read(), {}, kT) == Refused::kNot));
    const Reader sent({at.log[0], at.log[1]}, {at.keys[0], at.keys[1]}, kA1);
    BOOST_TEST((hold_on(sent.read(), {.erasures = {kS}, .holds = {}}, kS) == Refused::kErased));
    // Had it been accepted: the key goes whatever the fence says, and the held stream is
    // unreadable.
    at.keys.push_back(key_destroyed(kA1, at.key));
    BOOST_TEST(!fold_keys(at.keys).is_usable(kKey));
}

// T3: a hold that precedes it, or is on its way, refuses the erasure.
BOOST_AUTO_TEST_CASE(an_erasure_of_what_is_held_is_refused) {
    const Log keys{claim(kA1), key_created(kA1)};
    const Log log{claim(kA1), commit(kA1, {}), hold(kA1, 2, kS)};
    const Reader held(log, keys, kA1);
    BOOST_TEST((erasure_of(held.read(), {}, kS) == Refused::kHeld));
    BOOST_TEST((erasure_of(held.read(), {}, kT) == Refused::kNot));
    BOOST_TEST((erasure_of(held.read(), {.erasures = {}, .holds = {kT}}, kT) == Refused::kHeld));
}

// T4, H8a: the streams of erasures and holds are kept.
BOOST_AUTO_TEST_CASE(an_erasure_of_an_erasure_is_refused) {
    const Erased at;
    const Reader reader(at.log, at.keys, kA1);
    for (const auto& stream : reader.read().events.tenant(kTenant).permanent) {
        BOOST_TEST((erasure_of(reader.read(), {}, stream) == Refused::kPermanent));
    }
    BOOST_TEST(reader.read().events.tenant(kTenant).permanent.size() == 1U);
}

// T5: a stream with an erasure, read back or on its way, takes no command.
BOOST_AUTO_TEST_CASE(a_command_on_a_stream_that_is_erased_is_refused) {
    const Erased at;
    const Reader reader(at.log, at.keys, kA1);
    BOOST_TEST((command_on(reader.read(), {}, kS) == Refused::kErased));
    BOOST_TEST((command_on(reader.read(), {}, kT) == Refused::kNot));
    BOOST_TEST(
        (command_on(reader.read(), {.erasures = {kT}, .holds = {}}, kT) == Refused::kErased));
}

// K1, H4a, H4b: each key-created has a record key of its own. With one record key for a data key a
// late void one would remove the valid one below it.
BOOST_AUTO_TEST_CASE(a_late_wrapping_neither_removes_a_key_nor_brings_one_back) {
    const auto valid = key_created(kA1);
    auto late = key_created(kA1);
    Log keys{claim(kA1), valid, claim(kB2), late};
    for (const auto& left : compactions(keys)) BOOST_TEST(fold_keys(left).is_usable(kKey));
    keys[3].key = valid.key;
    BOOST_TEST(!fold_keys(compacted(keys)).is_usable(kKey));
    // Destroyed, then the same data key lands once more, under a claim that is in force.
    const Log destroyed{claim(kA1), valid, key_destroyed(kA1, valid), key_created(kA1)};
    for (const auto& left : compactions(destroyed)) BOOST_TEST(!fold_keys(left).is_usable(kKey));
}

// T1, H4c: key-destroyed lands behind a newer claim, read by nobody.
BOOST_AUTO_TEST_CASE(a_destruction_counts_whatever_its_term) {
    const auto created = key_created(kA1);
    const Log keys{claim(kA1), created, claim(kB2), key_destroyed(kA1, created)};
    for (const auto& left : compactions(keys)) {
        BOOST_TEST(!fold_keys(left).is_usable(kKey));
        BOOST_TEST(fold_keys(left).is_destroyed(kKey));
    }
    BOOST_TEST(!holds_payload(compacted(keys)));
}

// K2, H5a: the key-created lands void; a commit under it would be unreadable for everybody.
BOOST_AUTO_TEST_CASE(nothing_is_sealed_under_a_key_that_landed_void) {
    const Log log{claim(kA1)};
    const Reader in_time(log, {claim(kA1), key_created(kA1)}, kA1);
    BOOST_TEST(may_seal(in_time.read(), kKey, kS));
    const Reader unread(log, {claim(kA1)}, kA1);
    BOOST_TEST(!may_seal(unread.read(), kKey, kS));
    const Reader late(log, {claim(kA1), claim(kB2), key_created(kA1)}, kA1);
    BOOST_TEST(!may_seal(late.read(), kKey, kS));
}

// K3, H5b: a second key of S is seen only after the erasure was reported done.
BOOST_AUTO_TEST_CASE(a_key_of_an_erased_stream_is_destroyed_also_after_the_end) {
    const KeyId second = samples::id<KeyId>(0x4c);
    Erased at;
    const auto y = commit(kA1, {.seq = 2, .command = 'Y', .data_key = second});
    const Log log{claim(kA1),
                  at.x,
                  y,
                  erasure(kA1, 3, {kS, kCase, {{Seq{1}, Seq{2}}}}),
                  end_of_erasure(kA1, 4, kCase)};
    at.keys.push_back(key_destroyed(kA1, at.key));
    BOOST_TEST(keys_to_destroy(Reader(log, at.keys, kA1).read()).empty());
    at.keys.push_back(key_created(kA1, second));
    BOOST_TEST((keys_to_destroy(Reader(log, at.keys, kA1).read()) == std::vector{second}));
    BOOST_TEST(!may_end(Reader(log, at.keys, kA1).read(), kCaseOfS));
}

// V1, H1 and H1k: X and a wrapping of a dead owner land void when all is done.
BOOST_AUTO_TEST_CASE(what_lands_void_after_the_end_is_put_a_tombstone_over) {
    Erased at;
    Log keys{claim(kA1), at.key, key_destroyed(kA1, at.key), claim(kB2)};
    Log log = at.log;
    for (const auto& sent : {tombstone(kA1, at.x), end_of_erasure(kA1, 3, kCase), claim(kB2)}) {
        log.push_back(sent);
    }
    BOOST_TEST(!holds_payload(compacted(log)));
    const auto late = commit(kA1, {.seq = 4, .command = 'Y'});
    const auto late_key = key_created(kA1, samples::id<KeyId>(0x4d));
    log.push_back(late);
    keys.push_back(late_key);
    BOOST_TEST(holds_payload(compacted(log)));
    BOOST_TEST(holds_payload(compacted(keys)));
    const auto due = void_tombstones_due(Reader(log, keys, kB2).read());
    BOOST_TEST((due.events == std::vector{late.key}));
    BOOST_TEST((due.keys == std::vector{late_key.key}));
    log.push_back(void_tombstone(kB2, late));
    keys.push_back(void_tombstone(kB2, late_key));
    BOOST_TEST(!holds_payload(compacted(log)));
    BOOST_TEST(!holds_payload(compacted(keys)));
    const auto left = void_tombstones_due(Reader(log, keys, kB2).read());
    BOOST_TEST(left.events.empty());
    BOOST_TEST(left.keys.empty());
}

// M1, H8g: A signs what it has read back. Over X, still on its way, it would contradict what
// another leader then puts at that seq.
BOOST_AUTO_TEST_CASE(a_checkpoint_covers_what_was_read_back_up_to_the_first_gap) {
    const Log keys{claim(kA1)};
    const auto x = commit(kA1, {});
    const auto z = commit(kA1, {.seq = 3, .command = 'Z'});
    BOOST_TEST(signable(Reader({claim(kA1)}, keys, kA1).read()).empty());
    const Reader reader({claim(kA1), x, z}, keys, kA1);
    const auto covered = signable(reader.read());
    BOOST_TEST_REQUIRE(covered.size() == 1U);
    BOOST_TEST(covered[0] == x.record.commit().commitment());
    // Void when it lands: never part of what anybody signs.
    const auto other = commit(kB2, {.command = 'Y'});
    const Reader later({claim(kA1), claim(kB2), other, x}, keys, kB2);
    BOOST_TEST(signable(later.read())[0] == other.record.commit().commitment());
}

// K6. Method: keys made under several claims, some bound by a commit, in random order. At each step
// a new stream gets only a key of the leader's own claim, and the unused keys of older claims, and
// no others, are to be destroyed; once they are, none is left.
BOOST_AUTO_TEST_CASE(new_streams_get_only_keys_of_the_leaders_own_claim) {
    const auto seed = std::random_device{}();
    std::mt19937_64 random(seed);
    std::size_t destroyed = 0;
    for (int round = 0; round < 200; ++round) {
        Log log;
        Log keys;
        std::vector<std::pair<Sent, ClaimRef>> made;
        std::set<std::size_t> used;
        const auto last = std::uniform_int_distribution<std::uint8_t>(1, 4)(random);
        ClaimRef mine{};
        for (std::uint8_t term = 1; term <= last; ++term) {
            mine = samples::claim(term, static_cast<std::uint8_t>(0xa0 + term));
            log.push_back(claim(mine));
            keys.push_back(claim(mine));
            for (int i = std::uniform_int_distribution(0, 4)(random); i > 0; --i) {
                const auto byte = static_cast<std::uint8_t>(made.size() + 1);
                made.emplace_back(key_created(mine, samples::id<KeyId>(byte)), mine);
                keys.push_back(made.back().first);
                if (std::bernoulli_distribution(0.5)(random)) {
                    used.insert(made.size() - 1);
                    log.push_back(
                        commit(mine,
                               {.seq = used.size(),
                                .stream = {.kind = kS.kind, .uuid = samples::id<Uuid>(byte)},
                                .command = byte,
                                .data_key = samples::id<KeyId>(byte)}));
                }
            }
        }
        const Reader reader(log, keys, mine);
        std::vector<KeyId> expected;
        for (std::size_t i = 0; i < made.size(); ++i) {
            const auto id = samples::id<KeyId>(static_cast<std::uint8_t>(i + 1));
            const bool own = made[i].second == mine;
            const bool is_used = used.contains(i);
            BOOST_TEST_REQUIRE(may_seal(reader.read(), id, kT) == (own && !is_used), seed);
            if (!own && !is_used) expected.push_back(id);
        }
        BOOST_TEST_REQUIRE((unused_keys_to_destroy(reader.read()) == expected), seed);
        for (const auto& [sent, under] : made) {
            const auto id = KeyId::from_bytes(sent.record.key_created().key_id());
            if (std::ranges::find(expected, *id) != expected.end())
                keys.push_back(key_destroyed(mine, sent));
        }
        destroyed += expected.size();
        BOOST_TEST_REQUIRE(unused_keys_to_destroy(Reader(log, keys, mine).read()).empty(), seed);
    }
    BOOST_TEST(destroyed > 100U);
}

BOOST_AUTO_TEST_SUITE_END()

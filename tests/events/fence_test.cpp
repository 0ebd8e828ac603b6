#include "events/fence.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

#include "tests/events/samples.hpp"

using namespace events;

namespace {

// Nodes A, B and C claim under a term; a claim id is unique to the claim.
const ClaimRef kA1 = samples::claim(1, 0xa1);
const ClaimRef kB1 = samples::claim(1, 0xb1);
const ClaimRef kA2 = samples::claim(2, 0xa2);
const ClaimRef kB2 = samples::claim(2, 0xb2);
const ClaimRef kC2 = samples::claim(2, 0xc2);

Record claim(const ClaimRef& ref) {
    return samples::claim_record(ref);
}
Record commit(const ClaimRef& under) {
    return samples::commit_record(under);
}

using History = std::vector<Record>;

std::vector<Verdict> verdicts(const History& history, Fence fence = {}) {
    std::vector<Verdict> all;
    for (const auto& record : history) all.push_back(fence.apply(record));
    return all;
}

constexpr auto kInForce = Verdict::kClaimInForce;
constexpr auto kLost = Verdict::kClaimLost;
constexpr auto kCounts = Verdict::kCounts;
constexpr auto kVoid = Verdict::kVoid;
using Verdicts = std::vector<Verdict>;

// The rule as it is written, without any state: a claim is in force iff its term exceeds every
// earlier claim's; a record of a kind the fence binds counts iff it names exactly the claim in
// force at its place.
std::optional<ClaimRef> claim_at(const History& history, std::size_t place, bool& in_force) {
    in_force = false;
    if (!history[place].has_claim()) return std::nullopt;
    const auto mine = claim_of(history[place]);
    in_force = mine.has_value();
    for (std::size_t i = 0; i < place && mine; ++i) {
        if (!history[i].has_claim()) continue;
        const auto earlier = claim_of(history[i]);
        if (earlier && mine->term <= earlier->term) in_force = false;
    }
    return mine;
}

Verdict literal_verdict(const History& history, std::size_t place) {
    bool in_force = false;
    const Record& record = history[place];
    if (record.has_claim()) {
        claim_at(history, place, in_force);
        return in_force ? kInForce : kLost;
    }
    if (record.has_tombstone() || record.has_void_tombstone() || record.has_key_destroyed()) {
        return kCounts;
    }
    for (std::size_t i = place; i-- > 0;) {
        const auto ref = claim_at(history, i, in_force);
        if (in_force) return claim_of(record) == ref ? kCounts : kVoid;
    }
    return kVoid;
}

Record random_record(std::mt19937_64& random) {
    const auto term = std::uniform_int_distribution<std::uint64_t>(1, 6)(random);
    const auto node = std::uniform_int_distribution<unsigned>(0, 2)(random);
    const ClaimRef ref = samples::claim(term, static_cast<std::uint8_t>(0xa0 + node));
    Record record = samples::record_under(ref);
    if (std::uniform_int_distribution<int>(0, 19)(random) == 0) record.set_claim_id("short");
    switch (std::uniform_int_distribution<int>(0, 9)(random)) {
        case 0:
        case 1:
        case 2:
            record.mutable_claim();
            break;
        case 3:
            record.mutable_tombstone();
            break;
        case 4:
            record.mutable_key_destroyed();
            break;
        case 5:
            record.mutable_key_created();
            break;
        case 6:
            record.mutable_void_tombstone();
            break;
        case 7:
            record.mutable_heartbeat();
            break;
        default:
            record.mutable_commit();
            break;
    }
    return record;
}

// Every log that compaction may leave: a record may be missing if a later one has its key.
struct Keyed {
    int key = 0;
    Record record;
};
std::vector<History> compactions(const std::vector<Keyed>& log) {
    std::vector<History> all;
    for (unsigned kept = 0; kept < (1U << log.size()); ++kept) {
        History left;
        bool possible = true;
        for (std::size_t i = 0; i < log.size(); ++i) {
            const bool is_kept = ((kept >> i) & 1U) != 0;
            const bool replaced =
                std::any_of(log.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                            log.end(),
                            [&](const auto& later) { return later.key == log[i].key; });
            possible = possible && (is_kept || replaced);
            if (is_kept) left.push_back(log[i].record);
        }
        if (possible) all.push_back(std::move(left));
    }
    return all;
}

std::optional<ClaimRef> leader_of(const History& history) {
    Fence fence;
    for (const auto& record : history) fence.apply(record);
    return fence.in_force();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fence)

BOOST_AUTO_TEST_CASE(nobody_leads_before_the_first_claim) {
    Fence fence;
    BOOST_TEST((fence.apply(commit(kA1)) == kVoid));
    BOOST_TEST(!fence.in_force().has_value());
    BOOST_TEST((fence.apply(claim(kA1)) == kInForce));
    BOOST_TEST((fence.in_force() == kA1));
    BOOST_TEST((fence.apply(commit(kA1)) == kCounts));
}

// H1, H8b: a dead owner's late write.
BOOST_AUTO_TEST_CASE(a_commit_that_lands_behind_a_newer_claim_is_void) {
    const History history{claim(kA1), claim(kA2), commit(kA2), commit(kA1), commit(kA2)};
    BOOST_TEST((verdicts(history) == Verdicts{kInForce, kInForce, kCounts, kVoid, kCounts}));
}

// H3: a loser's claim of equal term lands.
BOOST_AUTO_TEST_CASE(a_claim_of_an_equal_term_has_no_effect) {
    const History history{claim(kA1), claim(kB1), commit(kA1), commit(kB1)};
    BOOST_TEST((verdicts(history) == Verdicts{kInForce, kLost, kCounts, kVoid}));
    BOOST_TEST((leader_of(history) == kA1));
}

// H3 as a whole: with a fresh key for each claim (F1) no compaction changes who leads; with one
// fixed key it does, which also shows that this test can fail.
BOOST_AUTO_TEST_CASE(no_compaction_changes_who_leads_when_claims_have_fresh_keys) {
    const History claims{claim(kA1), claim(kB1), claim(kB2), claim(kC2), claim(kA1)};
    std::vector<Keyed> fresh;
    std::vector<Keyed> fixed;
    for (std::size_t i = 0; i < claims.size(); ++i) {
        fresh.push_back({static_cast<int>(i), claims[i]});
        fixed.push_back({0, claims[i]});
        for (const auto& left : compactions(fresh)) {
            BOOST_TEST(
                (leader_of(left) ==
                 leader_of({claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i) + 1})));
        }
    }
    const auto left = compactions({fixed.begin(), fixed.begin() + 2});
    BOOST_TEST(std::ranges::any_of(left, [](const auto& one) { return leader_of(one) == kB1; }));
}

// H6b: the fence cannot undo what landed before a claim, so a new leader must have read it first.
BOOST_AUTO_TEST_CASE(what_landed_before_a_newer_claim_still_counts) {
    const History history{claim(kA1), commit(kA1), claim(kA2), commit(kA2)};
    BOOST_TEST((verdicts(history) == Verdicts{kInForce, kCounts, kInForce, kCounts}));
    Fence fence;
    fence.apply(history[0]);
    fence.apply(history[1]);
    // Sent at once, before its own claim came back: void, for the claim is not in force yet.
    BOOST_TEST((fence.apply(commit(kA2)) == kVoid));
    BOOST_TEST((fence.apply(history[2]) == kInForce));
}

// H8d: equal terms; a reader by term only would take both.
BOOST_AUTO_TEST_CASE(of_two_claims_of_one_term_only_the_firsts_commits_count) {
    const History history{
        claim(kA1), claim(kB2), claim(kC2), commit(kC2), commit(kB2), commit(kC2)};
    BOOST_TEST((verdicts(history) == Verdicts{kInForce, kInForce, kLost, kVoid, kCounts, kVoid}));
}

BOOST_AUTO_TEST_CASE(the_right_claim_id_under_another_term_is_void) {
    Record wrong = commit(kA1);
    wrong.set_term(2);
    BOOST_TEST((verdicts({claim(kA1), wrong}) == Verdicts{kInForce, kVoid}));
    wrong.set_term(1);
    wrong.set_claim_id("");
    BOOST_TEST((verdicts({claim(kA1), wrong}) == Verdicts{kInForce, kVoid}));
}

BOOST_AUTO_TEST_CASE(a_lower_claim_never_takes_over) {
    BOOST_TEST((verdicts({claim(kA2), claim(kB1), commit(kB1), commit(kA2)}) ==
                Verdicts{kInForce, kLost, kVoid, kCounts}));
}

BOOST_AUTO_TEST_CASE(a_claim_without_a_proper_id_is_nobodys) {
    Record broken = claim(samples::claim(9, 0x99));
    broken.set_claim_id("short");
    BOOST_TEST(!claim_of(broken).has_value());
    BOOST_TEST((verdicts({broken, claim(kA1)}) == Verdicts{kLost, kInForce}));
    Record no_term = claim(samples::claim(0, 0x99));
    BOOST_TEST((verdicts({no_term}) == Verdicts{kLost}));
}

// H2a, H4c: erasure must not be undone by a change of owner. H5a: a late key-created is void.
BOOST_AUTO_TEST_CASE(tombstones_and_destructions_count_whatever_their_term_but_new_keys_do_not) {
    Record void_tombstone = samples::record_under(kA1);
    void_tombstone.mutable_void_tombstone();
    const History history{claim(kA1),
                          claim(kB2),
                          samples::tombstone_record(kA1),
                          samples::key_destroyed_record(kA1),
                          void_tombstone,
                          samples::key_created_record(kA1),
                          samples::key_created_record(kB2)};
    BOOST_TEST((verdicts(history) ==
                Verdicts{kInForce, kInForce, kCounts, kCounts, kCounts, kVoid, kCounts}));
}

// Method: random histories of few terms and nodes against the rule's literal text; the seed is
// printed. Resuming in the middle must give the same verdicts for the rest.
BOOST_AUTO_TEST_CASE(the_fold_judges_as_the_rule_says) {
    const auto seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    std::array<std::size_t, 4> seen{};
    for (int round = 0; round < 400; ++round) {
        History history(std::uniform_int_distribution<std::size_t>(1, 40)(random));
        std::ranges::generate(history, [&random] { return random_record(random); });
        const auto judged = verdicts(history);
        for (std::size_t i = 0; i < history.size(); ++i) {
            ++seen[static_cast<std::size_t>(judged[i])];
            BOOST_TEST_REQUIRE((judged[i] == literal_verdict(history, i)),
                               "seed " << seed << " round " << round << " place " << i);
        }
        const auto half = static_cast<std::ptrdiff_t>(history.size() / 2);
        Fence first;
        for (auto at = history.begin(); at != history.begin() + half; ++at) first.apply(*at);
        const auto rest =
            verdicts({history.begin() + half, history.end()}, Fence(first.in_force()));
        BOOST_TEST_REQUIRE((rest == Verdicts(judged.begin() + half, judged.end())));
    }
    for (const auto count : seen) BOOST_TEST(count > 100U);  // each verdict was really met
}

BOOST_AUTO_TEST_SUITE_END()

#include "ops/replay_walk.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/ops/replay_support.hpp"

namespace {

using namespace test_support;
using events::Offset;
using events::Seq;
using ops::ReplayFilter;
using ops::Violation;

struct Walked {
    std::vector<std::uint64_t> seqs;
    std::vector<std::string> violations;  // "SEQ what"; without a seq only what
    std::optional<events::Error> failure;
    bool met_stream = false;
};

Walked walk(const std::vector<std::string>& frames,
            std::uint64_t head,
            ReplayFilter filter = {.tenant = kTenant}) {
    Walked out;
    ops::ReplayWalk walk(
        filter,
        {.commit = [&out](const events::OpenedHeader& opened,
                          const events::Commit&) -> events::Status {
             out.seqs.push_back(opened.meta.seq.value);
             return {};
         },
         .violation =
             [&out](const Violation& found) {
                 out.violations.push_back(
                     (found.seq ? std::to_string(found.seq->value) + " " : "") + found.what);
             }});
    std::uint64_t offset = 0;
    for (const auto& frame : frames) {
        if (!walk.take(Offset{offset++}, frame)) break;
    }
    walk.finish(Seq{head});
    out.failure = walk.failure();
    out.met_stream = walk.met_stream();
    return out;
}

std::vector<std::string> claim_and(std::vector<Sample> samples) {
    std::vector<std::string> frames{claim_frame(1)};
    for (const auto& sample : samples) frames.push_back(commit_frame(sample));
    return frames;
}

using Seqs = std::vector<std::uint64_t>;
using Texts = std::vector<std::string>;

void check(const Walked& walked, const Seqs& seqs, const Texts& violations) {
    BOOST_TEST(walked.seqs == seqs, boost::test_tools::per_element());
    BOOST_TEST(walked.violations == violations, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_walk)

BOOST_AUTO_TEST_CASE(a_clean_history_is_given_in_order) {
    check(walk(claim_and({{.seq = 1}, {.seq = 2}, {.seq = 3}}), 3), {1, 2, 3}, {});
}

BOOST_AUTO_TEST_CASE(other_tenants_are_left_out) {
    const auto other = id_of<events::TenantId>(0xBB);
    check(walk(claim_and({{.seq = 1}, {.seq = 7, .tenant = other}, {.seq = 2}}), 2), {1, 2}, {});
}

BOOST_AUTO_TEST_CASE(commits_of_a_dead_claim_are_void_and_leave_no_gap) {
    auto frames = claim_and({{.seq = 1}});
    frames.push_back(claim_frame(2));
    frames.push_back(commit_frame({.seq = 2, .term = 1}));
    frames.push_back(commit_frame({.seq = 2, .term = 2}));
    check(walk(frames, 2), {1, 2}, {});
}

BOOST_AUTO_TEST_CASE(a_void_commit_at_the_end_is_not_missing) {
    auto frames = claim_and({{.seq = 1}});
    frames.push_back(claim_frame(2));
    frames.push_back(commit_frame({.seq = 2, .term = 1}));
    check(walk(frames, 2), {1}, {});
}

BOOST_AUTO_TEST_CASE(a_commit_before_any_claim_does_not_count) {
    check(walk({commit_frame({.seq = 1})}, 1), {}, {});
}

BOOST_AUTO_TEST_CASE(a_missing_seq_is_a_violation) {
    check(walk(claim_and({{.seq = 1}, {.seq = 3}}), 3), {1, 3}, {"2 missing"});
    check(walk(claim_and({{.seq = 1}, {.seq = 5}}), 5),
          {1, 5},
          {"2 missing, with every seq up to 4"});
    check(walk(claim_and({{.seq = 2}}), 2), {2}, {"1 missing"});
}

BOOST_AUTO_TEST_CASE(a_cut_end_is_a_violation) {
    check(walk(claim_and({{.seq = 1}}), 3), {1}, {"2 missing, with every seq up to 3"});
}

BOOST_AUTO_TEST_CASE(a_seq_that_occurs_twice_is_a_violation) {
    check(walk(claim_and({{.seq = 1}, {.seq = 2}, {.seq = 1}}), 2),
          {1, 2, 1},
          {"1 the seq stands behind a higher one"});
}

BOOST_AUTO_TEST_CASE(a_commitment_that_does_not_open_is_a_violation_and_shows_nothing) {
    auto record = sample_record({.seq = 1});
    record.mutable_commit()->mutable_sealed(0)->back() ^= 1;
    check(walk({claim_frame(1), frame_of(record)}, 1), {}, {"1 the commitment does not open"});
}

BOOST_AUTO_TEST_CASE(filters_do_not_hide_a_commitment_that_does_not_open) {
    auto record = sample_record({.seq = 1, .stream = 1});
    record.mutable_commit()->mutable_salt()->front() ^= 1;
    const events::StreamId other{.kind = parlour::log::v1::STREAM_KIND_CONVERSATION,
                                 .uuid = id_of<events::Uuid>(9)};
    check(walk({claim_frame(1), frame_of(record)}, 1, {.tenant = kTenant, .stream = other}),
          {},
          {"1 the commitment does not open"});
}

BOOST_AUTO_TEST_CASE(a_damaged_frame_is_a_violation) {
    auto frames = claim_and({{.seq = 1}, {.seq = 2}});
    frames[1].back() = static_cast<char>(frames[1].back() ^ 1);
    check(walk(frames, 2), {2}, {"damaged record at offset 1", "1 missing"});
}

BOOST_AUTO_TEST_CASE(a_tombstone_without_an_erasure_is_a_violation) {
    events::Record record = record_under(claim_number(1));
    record.mutable_tombstone()->set_tenant(std::string(kTenant.view()));
    record.mutable_tombstone()->set_seq(2);
    auto frames = claim_and({{.seq = 1}});
    frames.push_back(frame_of(record));
    frames.push_back(commit_frame({.seq = 3}));
    check(walk(frames, 3), {1, 3}, {"2 tombstone without authority"});
}

BOOST_AUTO_TEST_CASE(a_range_holds_both_ends_and_judges_only_what_is_in_it) {
    const auto frames = claim_and({{.seq = 1}, {.seq = 3}, {.seq = 4}, {.seq = 6}, {.seq = 9}});
    const ReplayFilter range{.tenant = kTenant, .from = Seq{3}, .to = Seq{5}};
    check(walk(frames, 9, range), {3, 4}, {"5 missing"});
}

BOOST_AUTO_TEST_CASE(times_are_from_inclusive_to_exclusive) {
    const auto frames = claim_and({{.seq = 1, .time_unix_ms = 10},
                                   {.seq = 2, .time_unix_ms = 20},
                                   {.seq = 3, .time_unix_ms = 30}});
    check(walk(frames, 3, {.tenant = kTenant, .since = 20, .until = 30}), {2}, {});
}

BOOST_AUTO_TEST_CASE(a_stream_is_picked_out) {
    const auto frames =
        claim_and({{.seq = 1, .stream = 1}, {.seq = 2, .stream = 2}, {.seq = 3, .stream = 1}});
    const auto stream = [](std::uint8_t fill) {
        return events::StreamId{.kind = parlour::log::v1::STREAM_KIND_CONVERSATION,
                                .uuid = id_of<events::Uuid>(fill)};
    };
    const Walked found = walk(frames, 3, {.tenant = kTenant, .stream = stream(1)});
    check(found, {1, 3}, {});
    BOOST_TEST(found.met_stream);
    BOOST_TEST(!walk(frames, 3, {.tenant = kTenant, .stream = stream(9)}).met_stream);
}

BOOST_AUTO_TEST_CASE(what_the_reader_of_commits_refuses_ends_the_walk) {
    ops::ReplayWalk walk({.tenant = kTenant},
                         {.commit = [](const auto&, const auto&) -> events::Status {
                              return events::fail(events::Errc::kUnknownSchema, "newer");
                          },
                          .violation = [](const Violation&) {}});
    BOOST_TEST(walk.take(Offset{0}, claim_frame(1)));
    BOOST_TEST(!walk.take(Offset{1}, commit_frame({.seq = 1})));
    BOOST_TEST_REQUIRE(walk.failure().has_value());
    BOOST_TEST(walk.failure()->detail == "newer");
}

BOOST_AUTO_TEST_SUITE_END()

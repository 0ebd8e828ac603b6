#include "tests/events/log_contract.hpp"

#include <algorithm>
#include <atomic>

namespace log_contract {

using events::Errc;
using events::Offset;
using events::Partition;
using events::ReadLimit;
using events::Seq;
using events::StreamKind;
using events::Version;
using log_support::all_frames;
using log_support::append;
using log_support::append_commit;
using log_support::CommitAt;
using log_support::Completions;
using log_support::frames_of;
using log_support::kP0;
using log_support::kP1;
using log_support::kPartitions;
using log_support::plain;
using log_support::records;
using log_support::stream;
using log_support::Texts;
using samples::tenant;

void records_come_back_in_the_order_they_were_appended(Engine& engine) {
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("one"), plain("two"))).has_value());
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("three"))).has_value());
    BOOST_TEST(all_frames(engine, kP0) == (Texts{"one", "two", "three"}),
               boost::test_tools::per_element());
}

void keys_and_any_bytes_come_back_unchanged(Engine& engine) {
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(i));
    auto out = plain(bytes);
    const auto key = out.key;
    auto empty = plain("");
    BOOST_TEST_REQUIRE(append(engine, kP0, records(std::move(out), std::move(empty))).has_value());
    const auto read = engine.log().read(kP0, Offset{0}, {});
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST_REQUIRE(read->size() == 2U);
    BOOST_TEST((*read)[0].key.view() == key.view());
    BOOST_TEST((*(*read)[0].frame == bytes));
    BOOST_TEST((*read)[1].frame->empty());
}

void appends_of_a_partition_complete_in_order(Engine& engine) {
    constexpr std::size_t kAppends = 500;
    Completions completions;
    for (std::size_t i = 0; i < kAppends; ++i) {
        engine.log().append(kP0, records(plain(std::to_string(i))), completions.next());
    }
    engine.settle();
    BOOST_TEST_REQUIRE(completions.wait());
    for (std::size_t i = 0; i < kAppends; ++i) {
        BOOST_TEST(completions.all()[i].first == i);
        BOOST_TEST(completions.all()[i].second.has_value());
    }
    const auto frames = all_frames(engine, kP0);
    BOOST_TEST_REQUIRE(frames.size() == kAppends);
    for (std::size_t i = 0; i < kAppends; ++i) BOOST_TEST(frames[i] == std::to_string(i));
}

void what_completed_is_readable_inside_the_completion(Engine& engine) {
    std::atomic<std::uint64_t> end_seen = 0;
    std::atomic<std::size_t> records_seen = 0;
    Completions completions;
    engine.log().append(kP0,
                        records(plain("a"), plain("b")),
                        [&, done = completions.next()](const events::Status& status) {
                            if (const auto end = engine.log().end(kP0)) end_seen = end->value;
                            const auto read = engine.log().read(kP0, Offset{0}, {});
                            if (read) records_seen = read->size();
                            done(status);
                        });
    engine.settle();
    BOOST_TEST_REQUIRE(completions.wait());
    BOOST_TEST(end_seen.load() >= 2U);
    BOOST_TEST(records_seen.load() == 2U);
}

void offsets_ascend_and_the_end_lies_behind_them(Engine& engine) {
    const auto empty = engine.log().end(kP0);
    BOOST_TEST_REQUIRE(empty.has_value());
    BOOST_TEST(empty->value == 0U);
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("a"), plain("b"))).has_value());
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("c"))).has_value());
    const auto read = engine.log().read(kP0, Offset{0}, {});
    const auto end = engine.log().end(kP0);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST_REQUIRE(end.has_value());
    for (std::size_t i = 1; i < read->size(); ++i) {
        BOOST_TEST((*read)[i - 1].offset.value < (*read)[i].offset.value);
    }
    BOOST_TEST(end->value == read->back().offset.value + 1);
}

void a_read_stops_at_the_limit_of_records(Engine& engine) {
    BOOST_TEST_REQUIRE(
        append(engine, kP0, records(plain("a"), plain("b"), plain("c"))).has_value());
    const ReadLimit two{.records = 2};
    const auto first = engine.log().read(kP0, Offset{0}, two);
    BOOST_TEST(frames_of(first) == (Texts{"a", "b"}), boost::test_tools::per_element());
    const auto rest = engine.log().read(kP0, Offset{first->back().offset.value + 1}, two);
    BOOST_TEST(frames_of(rest) == (Texts{"c"}), boost::test_tools::per_element());
}

void a_read_stops_behind_the_record_that_reaches_the_limit_of_bytes(Engine& engine) {
    BOOST_TEST_REQUIRE(
        append(engine, kP0, records(plain("12345"), plain("12345"), plain("12345"))).has_value());
    const auto of_bytes = [&](std::size_t bytes) {
        return frames_of(engine.log().read(kP0, Offset{0}, {.bytes = bytes})).size();
    };
    BOOST_TEST(of_bytes(1) == 1U);
    BOOST_TEST(of_bytes(5) == 1U);
    BOOST_TEST(of_bytes(6) == 2U);
    BOOST_TEST(of_bytes(1000) == 3U);
}

void reading_at_the_end_gives_nothing(Engine& engine) {
    BOOST_TEST(all_frames(engine, kP0).empty());
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("a"))).has_value());
    const auto end = engine.log().end(kP0);
    BOOST_TEST_REQUIRE(end.has_value());
    BOOST_TEST(frames_of(engine.log().read(kP0, *end, {})).empty());
    BOOST_TEST(frames_of(engine.log().read(kP0, Offset{end->value + 1000}, {})).empty());
}

void partitions_do_not_see_each_other(Engine& engine) {
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("zero"))).has_value());
    BOOST_TEST_REQUIRE(append(engine, kP1, records(plain("one"))).has_value());
    BOOST_TEST(all_frames(engine, kP0) == (Texts{"zero"}), boost::test_tools::per_element());
    BOOST_TEST(all_frames(engine, kP1) == (Texts{"one"}), boost::test_tools::per_element());
    BOOST_TEST(all_frames(engine, Partition{2}).empty());
}

void an_append_of_nothing_completes(Engine& engine) {
    BOOST_TEST(append(engine, kP0, {}).has_value());
    BOOST_TEST(engine.log().end(kP0)->value == 0U);
}

void an_unknown_partition_is_refused(Engine& engine) {
    const Partition unknown{kPartitions};
    const auto status = append(engine, unknown, records(plain("lost")));
    BOOST_TEST_REQUIRE(!status.has_value());
    BOOST_TEST((status.error().code == Errc::kInvalidArgument));
    BOOST_TEST((engine.log().read(unknown, Offset{0}, {}).error().code == Errc::kInvalidArgument));
    BOOST_TEST((engine.log().end(unknown).error().code == Errc::kInvalidArgument));
    BOOST_TEST((engine.history().claims(unknown).error().code == Errc::kInvalidArgument));
    // Nothing broke: the others go on.
    BOOST_TEST(append(engine, kP0, records(plain("kept"))).has_value());
}

void the_head_is_the_highest_seq_of_the_tenant(Engine& engine) {
    BOOST_TEST(engine.history().head(tenant(1))->value == 0U);
    for (std::uint64_t seq = 1; seq <= 300; ++seq) {
        BOOST_TEST_REQUIRE(append_commit(engine, {.seq = seq, .version = seq}, "x").has_value());
    }
    BOOST_TEST_REQUIRE(append_commit(engine, {.tenant = 3, .seq = 1}, "x").has_value());
    BOOST_TEST(engine.history().head(tenant(1))->value == 300U);
    BOOST_TEST(engine.history().head(tenant(2))->value == 0U);
    BOOST_TEST(engine.history().head(tenant(3))->value == 1U);
}

void a_seq_is_found_where_its_commit_lies(Engine& engine) {
    const auto partition = events::partition_of(tenant(1), kPartitions);
    BOOST_TEST_REQUIRE(append(engine, partition, records(plain("between"))).has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1}, "first").has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 2, .version = 2}, "second").has_value());
    const auto offset = engine.history().offset_of(tenant(1), Seq{2});
    BOOST_TEST_REQUIRE(offset.has_value());
    const auto read = frames_of(engine.log().read(partition, *offset, {.records = 1}));
    BOOST_TEST(read == (Texts{"second"}), boost::test_tools::per_element());
    for (const auto seq : {0U, 3U}) {
        BOOST_TEST(
            (engine.history().offset_of(tenant(1), Seq{seq}).error().code == Errc::kNotFound));
    }
    BOOST_TEST((engine.history().offset_of(tenant(9), Seq{1}).error().code == Errc::kNotFound));
}

void every_seq_of_one_append_is_found(Engine& engine) {
    // Two tenants of one partition, and a gap as a lost claim leaves one: 1 2 3, of the other 1,
    // 4, 9.
    const auto partition = events::partition_of(tenant(1), kPartitions);
    std::uint8_t other = 2;
    while (events::partition_of(tenant(other), kPartitions) != partition) ++other;
    std::vector<events::Outgoing> out;
    for (const std::uint64_t seq : {1U, 2U, 3U}) {
        out.push_back(log_support::commit({.seq = seq, .version = seq}, std::to_string(seq)));
    }
    out.push_back(log_support::commit({.tenant = other, .seq = 1}, "other"));
    for (const std::uint64_t seq : {4U, 9U}) {
        out.push_back(log_support::commit({.seq = seq, .version = seq}, std::to_string(seq)));
    }
    BOOST_TEST_REQUIRE(append(engine, partition, std::move(out)).has_value());
    for (const std::uint64_t seq : {1U, 2U, 3U, 4U, 9U}) {
        const auto offset = engine.history().offset_of(tenant(1), Seq{seq});
        BOOST_TEST_REQUIRE(offset.has_value());
        BOOST_TEST(frames_of(engine.log().read(partition, *offset, {.records = 1})).front() ==
                   std::to_string(seq));
    }
    for (const std::uint64_t seq : {0U, 5U, 8U, 10U}) {
        const auto offset = engine.history().offset_of(tenant(1), Seq{seq});
        BOOST_TEST((!offset && offset.error().code == Errc::kNotFound));
    }
    BOOST_TEST(engine.history().head(tenant(1))->value == 9U);
    BOOST_TEST(engine.history().head(tenant(other))->value == 1U);
    const auto of_other = engine.history().offset_of(tenant(other), Seq{1});
    BOOST_TEST_REQUIRE(of_other.has_value());
    BOOST_TEST(frames_of(engine.log().read(partition, *of_other, {.records = 1})).front() ==
               "other");
}

void a_stream_is_read_page_by_page(Engine& engine) {
    // Commits of one and two events: versions 1, 2-3, 4, with another stream's between them.
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1, .version = 1}, "v1").has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 2, .stream = stream(2)}, "other").has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 3, .version = 2}, "v2").has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 4, .version = 4}, "v4").has_value());
    const auto page = [&](std::uint64_t from, ReadLimit limit) {
        return frames_of(engine.history().read_stream(tenant(1), stream(1), Version{from}, limit));
    };
    BOOST_TEST(page(1, {}) == (Texts{"v1", "v2", "v4"}), boost::test_tools::per_element());
    BOOST_TEST(page(2, {}) == (Texts{"v2", "v4"}), boost::test_tools::per_element());
    BOOST_TEST(page(3, {}) == (Texts{"v4"}), boost::test_tools::per_element());
    BOOST_TEST(page(5, {}).empty());
    BOOST_TEST(page(1, {.records = 2}) == (Texts{"v1", "v2"}), boost::test_tools::per_element());
    BOOST_TEST(page(1, {.bytes = 3}) == (Texts{"v1", "v2"}), boost::test_tools::per_element());
    BOOST_TEST(
        frames_of(engine.history().read_stream(tenant(1), stream(7), Version{1}, {})).empty());
}

void equal_streams_of_two_tenants_do_not_mix(Engine& engine) {
    BOOST_TEST_REQUIRE(append_commit(engine, {.tenant = 1}, "of one").has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.tenant = 2}, "of two").has_value());
    for (const auto& [owner, text] : {std::pair{1, "of one"}, std::pair{2, "of two"}}) {
        const auto read = engine.history().read_stream(
            tenant(static_cast<std::uint8_t>(owner)), stream(1), Version{1}, {});
        BOOST_TEST(frames_of(read) == (Texts{text}), boost::test_tools::per_element());
    }
}

void streams_of_two_kinds_do_not_mix(Engine& engine) {
    const auto visitor = stream(1, StreamKind::STREAM_KIND_VISITOR);
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1}, "conversation").has_value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 2, .stream = visitor}, "visitor").has_value());
    const auto read = engine.history().read_stream(tenant(1), visitor, Version{1}, {});
    BOOST_TEST(frames_of(read) == (Texts{"visitor"}), boost::test_tools::per_element());
}

void claims_are_listed_by_partition_in_order(Engine& engine) {
    using log_support::claim_record;
    BOOST_TEST_REQUIRE(
        append(engine, kP0, records(claim_record(1), plain("x"), claim_record(3))).has_value());
    BOOST_TEST_REQUIRE(append(engine, kP1, records(claim_record(7))).has_value());
    // A lost claim is listed too: the fold over them tells which is in force.
    BOOST_TEST_REQUIRE(append(engine, kP0, records(claim_record(2))).has_value());
    const auto claims = engine.history().claims(kP0);
    BOOST_TEST_REQUIRE(claims.has_value());
    const std::vector<events::ClaimRef> expected = {
        samples::claim(1), samples::claim(3), samples::claim(2)};
    BOOST_TEST(std::ranges::equal(*claims, expected, {}, &events::ClaimAt::claim));
    BOOST_TEST(std::ranges::is_sorted(*claims, {}, &events::ClaimAt::offset));
    BOOST_TEST(engine.history().claims(kP1)->size() == 1U);
    BOOST_TEST(engine.history().claims(Partition{2})->empty());
}

void a_key_is_bound_once_a_commit_binds_it(Engine& engine) {
    const auto key = samples::id<events::KeyId>(0x77);
    BOOST_TEST(!engine.history().is_bound(key).value());
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1, .binds_key = key}, "x").has_value());
    BOOST_TEST(engine.history().is_bound(key).value());
    BOOST_TEST(!engine.history().is_bound(samples::id<events::KeyId>(0x78)).value());
}

void tenants_are_listed_once_ascending(Engine& engine) {
    BOOST_TEST(engine.history().tenants()->empty());
    for (const int owner : {0xFE, 2, 9}) {
        for (std::uint64_t seq = 1; seq <= 3; ++seq) {
            const CommitAt at{
                .tenant = static_cast<std::uint8_t>(owner), .seq = seq, .version = seq};
            BOOST_TEST_REQUIRE(append_commit(engine, at, "x").has_value());
        }
    }
    const std::vector<events::TenantId> expected = {tenant(2), tenant(9), tenant(0xFE)};
    BOOST_TEST((engine.history().tenants().value() == expected));
}

namespace {

bool is_full(const events::Status& status) {
    return !status && status.error().code == Errc::kStorageFull;
}

}  // namespace

void a_full_log_refuses_records_and_reads_on(Engine& engine) {
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("before"))).has_value());
    engine.set_full(true);
    BOOST_TEST(is_full(append(engine, kP0, records(plain("refused")))));
    BOOST_TEST(is_full(append(engine, kP0, records(log_support::claim_record(2)))));
    BOOST_TEST(all_frames(engine, kP0) == (Texts{"before"}), boost::test_tools::per_element());
    BOOST_TEST(engine.log().end(kP0)->value == 1U);
    BOOST_TEST(engine.history().claims(kP0)->empty());
}

// F6: what a writer sent behind the refused records would else land with a hole before it.
void a_refused_partition_takes_nothing_before_the_next_claim(Engine& engine) {
    engine.set_full(true);
    BOOST_TEST(is_full(append(engine, kP0, records(plain("refused")))));
    engine.set_full(false);
    BOOST_TEST(is_full(append(engine, kP0, records(plain("sent before it was known")))));
    BOOST_TEST(is_full(append(engine, kP0, {})));
    BOOST_TEST(append(engine, kP0, records(log_support::claim_record(2))).has_value());
    BOOST_TEST(append(engine, kP0, records(plain("after"))).has_value());
    BOOST_TEST(all_frames(engine, kP0) == (Texts{"a claim", "after"}),
               boost::test_tools::per_element());
}

void a_partition_that_was_not_refused_goes_on_as_soon_as_there_is_room(Engine& engine) {
    engine.set_full(true);
    BOOST_TEST(is_full(append(engine, kP0, records(plain("refused")))));
    engine.set_full(false);
    BOOST_TEST(append(engine, kP1, records(plain("other"))).has_value());
    BOOST_TEST(all_frames(engine, kP0).empty());
}

}  // namespace log_contract

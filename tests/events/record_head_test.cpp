#include "events/record_head.hpp"

#include <boost/test/unit_test.hpp>

#include "events/record.hpp"
#include "events/record_index.hpp"
#include "tests/events/real_records.hpp"

namespace {

using events::Errc;
using parlour::log::v1::Record;

Record sent_under(std::uint64_t term) {
    return samples::record_under(samples::claim(term));
}

std::string frame_of(const Record& record) {
    return events::encode_record(record).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_head)

BOOST_AUTO_TEST_CASE(a_frame_tells_its_claim_and_kind_without_being_decoded) {
    auto claim = sent_under(7);
    claim.mutable_claim()->set_node("a");
    auto heartbeat = sent_under(300);
    heartbeat.mutable_heartbeat();
    for (const auto& record : {claim, heartbeat}) {
        const auto read = events::read_head(frame_of(record));
        BOOST_TEST_REQUIRE(read.has_value());
        BOOST_TEST((read->claim == samples::claim(record.term())));
        BOOST_TEST((read->kind == record.body_case()));
        BOOST_TEST((events::head_of(record).claim == read->claim));
    }
}

BOOST_AUTO_TEST_CASE(a_record_under_no_claim_has_none) {
    Record record;
    record.mutable_void_tombstone();
    const auto read = events::read_head(frame_of(record));
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(!read->claim.has_value());
    BOOST_TEST((read->kind == Record::kVoidTombstone));
}

BOOST_AUTO_TEST_CASE(a_record_of_a_side_topic_is_of_no_kind_that_the_fence_knows) {
    auto record = sent_under(7);
    record.GetReflection()->MutableUnknownFields(&record)->AddLengthDelimited(20, "a row");
    const auto read = events::read_head(frame_of(record));
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(read->claim.has_value());
    BOOST_TEST((read->kind == Record::BODY_NOT_SET));
}

BOOST_AUTO_TEST_CASE(no_prefix_of_a_frame_is_read_beyond_its_end) {
    auto record = sent_under(7);
    record.mutable_heartbeat();
    const auto frame = frame_of(record);
    const auto whole = events::read_head(frame);
    for (std::size_t length = 0; length < frame.size(); ++length) {
        const auto read = events::read_head(frame.substr(0, length));
        BOOST_TEST((!read || read->claim == whole->claim));
    }
    BOOST_TEST(!events::read_head("a text").has_value());
}

BOOST_AUTO_TEST_CASE(a_foreign_frame_is_checked_before_it_is_indexed) {
    auto record = sent_under(7);
    record.mutable_claim();
    auto frame = frame_of(record);
    const auto index = events::read_index(frame);
    BOOST_TEST_REQUIRE(index.has_value());
    BOOST_TEST((std::get<events::ClaimIndex>(*index).claim == samples::claim(7)));
    frame.back() = static_cast<char>(frame.back() ^ 1);
    const auto damaged = events::read_index(frame);
    BOOST_TEST_REQUIRE(!damaged.has_value());
    BOOST_TEST((damaged.error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_CASE(a_commit_is_indexed_where_its_header_says) {
    for (const std::uint64_t version : {1U, 5U}) {
        const auto sent = real_records::commit({.seq = 3, .version = version});
        const auto index = events::read_index(sent.frame);
        BOOST_TEST_REQUIRE(index.has_value());
        const auto& read = std::get<events::CommitIndex>(*index);
        const auto& told = std::get<events::CommitIndex>(sent.index);
        BOOST_TEST((read.tenant == told.tenant));
        BOOST_TEST((read.seq == told.seq));
        BOOST_TEST((read.stream == told.stream));
        BOOST_TEST((read.first_version == told.first_version));
        BOOST_TEST((read.binds_key == told.binds_key));
    }
}

BOOST_AUTO_TEST_SUITE_END()

#include "events/record.hpp"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <functional>
#include <set>
#include <vector>

#include "events/frame_sum.hpp"
#include "schemas/envelope.hpp"
#include "tests/events/samples.hpp"

using namespace events;
using google::protobuf::util::MessageDifferencer;

namespace {

const ClaimRef kClaim = samples::claim(3);
constexpr std::size_t kHeadBytes = 10;
constexpr std::size_t kVersionAt = 1;

struct GoldenRecord {
    std::string_view name;
    Record record;
    std::string_view hex;
};

// Written once; a change here means that stored logs cannot be read any more.
std::vector<GoldenRecord> golden_records() {
    return {
        {"commit",
         samples::commit_record(kClaim),
         "5001fa2df2e24a800db108031210c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c11a640a06686561646572"
         "120a7365616c6564206f6e65120a7365616c65642074776f1a205a5a5a5a5a5a5a5a5a5a5a5a5a5a"
         "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a2220cccccccccccccccccccccccccccccccccccccccc"
         "cccccccccccccccccccccccc"},
        {"claim",
         samples::claim_record(kClaim),
         "5001ac30060122b22bd908031210c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1221a0a066e6f64652d31"
         "120e3132372e302e302e313a383038301801"},
        {"key created",
         samples::key_created_record(kClaim),
         "50018e6de347b16b117e08031210c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c13a5a0a104b4b4b4b4b4b"
         "4b4b4b4b4b4b4b4b4b4b120811111111111111111a3c777777777777777777777777777777777777"
         "77777777777777777777777777777777777777777777777777777777777777777777777777777777"
         "7777"},
        {"key destroyed",
         samples::key_destroyed_record(kClaim),
         "5001e832f538b0b0064108031210c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c142120a104b4b4b4b4b4b"
         "4b4b4b4b4b4b4b4b4b4b"},
        {"tombstone",
         samples::tombstone_record(kClaim),
         "5001f47347343fc7a68008031210c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c12a660a08111111111111"
         "111110071a20cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2004"
         "2a10575757575757575757575757575757573210cacacacacacacacacacacacacacacaca3a10cdcd"
         "cdcdcdcdcdcdcdcdcdcdcdcdcdcd"},
    };
}

using namespace parlour::log::v1;

struct GoldenEvent {
    StreamKind kind;
    std::string event;  // the envelope in protobuf's text form
    std::string hex;    // its bytes
};

// A line: tag, envelope " = " hex.
std::vector<GoldenEvent> golden_events() {
    std::ifstream in(std::string(PARLOUR_SOURCE_DIR) + "/schemas/golden_events.txt");
    std::vector<GoldenEvent> events;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        const auto space = line.find(' ');
        const auto equals = line.rfind(" = ");
        BOOST_TEST_REQUIRE((space != std::string::npos && equals != std::string::npos), line);
        events.push_back({.kind = schemas::kind_of_tag(line.substr(0, space)),
                          .event = line.substr(space + 1, equals - space - 1),
                          .hex = line.substr(equals + 3)});
    }
    return events;
}

std::string encoded(const Record& record) {
    return encode_record(record).value();
}

std::string_view code_of(const Status& status) {
    return status ? "ok" : name_of(status.error().code);
}

std::string_view decode_code(std::string_view frame) {
    Record record;
    return code_of(decode_record(frame, record));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record)

BOOST_AUTO_TEST_CASE(the_bytes_of_every_kind_in_use_never_change) {
    for (const auto& golden : golden_records()) {
        BOOST_TEST_CONTEXT(golden.name) {
            BOOST_TEST(to_hex(encoded(golden.record)) == golden.hex);
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_written_before_are_read) {
    Record record;  // reused from kind to kind, as readers do
    for (const auto& golden : golden_records()) {
        BOOST_TEST_CONTEXT(golden.name) {
            BOOST_TEST(code_of(decode_record(from_hex(golden.hex).value(), record)) == "ok");
            BOOST_TEST(MessageDifferencer::Equals(record, golden.record));
        }
    }
}

// Readers keep one record for a whole log; its memory is reused, its content must not be.
BOOST_AUTO_TEST_CASE(a_reused_record_keeps_nothing_of_the_one_before) {
    auto kinds = golden_records();
    Record bare = samples::record_under(kClaim);
    bare.mutable_commit()->set_header("h");
    kinds.push_back({"a commit with a header only", bare, ""});
    bare.mutable_commit()->Clear();
    kinds.push_back({"a commit with nothing", bare, ""});
    bare.clear_term();
    bare.clear_claim_id();
    kinds.push_back({"a commit under no claim", bare, ""});
    bare.GetReflection()->MutableUnknownFields(&bare)->AddVarint(99, 1);
    kinds.push_back({"a commit with a newer field", bare, ""});
    for (const auto& before : kinds) {
        for (const auto& after : kinds) {
            BOOST_TEST_CONTEXT(before.name << ", then " << after.name) {
                Record record;
                BOOST_TEST(code_of(decode_record(encoded(before.record), record)) == "ok");
                BOOST_TEST(code_of(decode_record(encoded(after.record), record)) == "ok");
                BOOST_TEST(MessageDifferencer::Equals(record, after.record));
                BOOST_TEST(encoded(record) == encoded(after.record));
            }
        }
        Record record;
        BOOST_TEST(code_of(decode_record(encoded(before.record), record)) == "ok");
        const auto no_body = encoded(samples::record_under(kClaim));
        BOOST_TEST(code_of(decode_record(no_body, record)) == "unknown-schema", before.name);
    }
}

BOOST_AUTO_TEST_CASE(the_bytes_of_every_event_never_change) {
    for (const auto& golden : golden_events()) {
        BOOST_TEST_CONTEXT(golden.event) {
            const auto envelope = schemas::new_envelope(golden.kind);
            BOOST_TEST_REQUIRE(
                google::protobuf::TextFormat::ParseFromString(golden.event, envelope.get()));
            BOOST_TEST(to_hex(envelope->SerializeAsString()) == golden.hex);
            const auto again = schemas::new_envelope(golden.kind);
            BOOST_TEST(again->ParseFromString(from_hex(golden.hex).value()));
            BOOST_TEST(MessageDifferencer::Equals(*again, *envelope));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_event_has_its_golden_line) {
    std::set<std::pair<int, int>> lines;
    for (const auto& golden : golden_events()) {
        const auto envelope = schemas::new_envelope(golden.kind);
        BOOST_TEST(envelope->ParseFromString(from_hex(golden.hex).value()));
        lines.emplace(golden.kind, schemas::event_type_of(*envelope));
    }
    for (int kind = StreamKind_MIN + 1; kind <= StreamKind_MAX; ++kind) {
        const auto envelope = schemas::new_envelope(static_cast<StreamKind>(kind));
        BOOST_TEST_REQUIRE(envelope != nullptr);
        const auto* body = envelope->GetDescriptor()->oneof_decl(0);
        for (int i = 0; i < body->field_count(); ++i) {
            BOOST_TEST(lines.contains({kind, body->field(i)->number()}),
                       "no golden line for " << body->field(i)->full_name());
        }
    }
}

BOOST_AUTO_TEST_CASE(every_kind_of_record_is_read_back) {
    const auto* body = Record::descriptor()->oneof_decl(0);
    for (int i = 0; i < body->field_count(); ++i) {
        Record record = samples::record_under(kClaim);
        record.GetReflection()->MutableMessage(&record, body->field(i));
        Record again;
        BOOST_TEST(code_of(decode_record(encoded(record), again)) == "ok", body->field(i)->name());
        BOOST_TEST(MessageDifferencer::Equals(record, again));
    }
}

BOOST_AUTO_TEST_CASE(every_cut_is_noticed) {
    for (const auto& golden : golden_records()) {
        const std::string frame = encoded(golden.record);
        for (std::size_t size = 0; size < frame.size(); ++size) {
            BOOST_TEST(decode_code(frame.substr(0, size)) == "damaged");
        }
        BOOST_TEST(decode_code(frame + '\0') == "damaged");
    }
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_noticed) {
    for (const auto& golden : golden_records()) {
        const std::string frame = encoded(golden.record);
        for (std::size_t at = 0; at < frame.size(); ++at) {
            // The version stands outside the checksum: another one may be a newer program's.
            const auto* const expected = at == kVersionAt ? "unknown-schema" : "damaged";
            for (unsigned bit = 0; bit < 8; ++bit) {
                const std::string wrong = samples::flipped(frame, at, bit);
                BOOST_TEST(decode_code(wrong) == expected, "byte " << at << " bit " << bit);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_sum_of_a_frame_is_given_only_when_every_byte_fits) {
    const std::string frame = encoded(samples::commit_record(kClaim));
    const auto sum = checked_sum(frame);
    BOOST_TEST_REQUIRE(sum.has_value());
    for (std::size_t at = 0; at < frame.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            BOOST_TEST(!checked_sum(samples::flipped(frame, at, bit)).has_value());
        }
    }
    BOOST_TEST(!checked_sum({}).has_value());
    BOOST_TEST(!checked_sum(frame.substr(0, frame.size() - 1)).has_value());
    BOOST_TEST((checked_sum(encoded(samples::claim_record(kClaim))) != sum));
}

BOOST_AUTO_TEST_CASE(a_kind_of_a_newer_program_is_told_apart_from_damage) {
    Record newer = samples::record_under(kClaim);
    newer.GetReflection()->MutableUnknownFields(&newer)->AddLengthDelimited(99, "new kind");
    BOOST_TEST(decode_code(encoded(newer)) == "unknown-schema");
    BOOST_TEST(decode_code(encoded(samples::record_under(kClaim))) == "unknown-schema");
}

BOOST_AUTO_TEST_CASE(a_record_over_the_limit_is_refused_before_it_is_written) {
    Record record = samples::commit_record(kClaim);
    std::string& sealed = *record.mutable_commit()->mutable_sealed(0);
    sealed.assign(kRecordBytesMax, 'x');
    const std::size_t over = record.ByteSizeLong() + kHeadBytes - kRecordBytesMax;
    sealed.resize(kRecordBytesMax - over);
    BOOST_TEST_REQUIRE(record.ByteSizeLong() + kHeadBytes == kRecordBytesMax);
    const auto largest = encode_record(record);
    BOOST_TEST_REQUIRE(largest.has_value());
    BOOST_TEST(largest->size() == kRecordBytesMax);
    BOOST_TEST(decode_code(*largest) == "ok");

    sealed.push_back('x');
    const auto refused = encode_record(record);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(name_of(refused.error().code) == "too-large");
}

BOOST_AUTO_TEST_CASE(the_largest_tombstone_is_at_most_192_bytes) {
    const auto most = std::numeric_limits<std::uint64_t>::max();
    Record record = samples::tombstone_record(samples::claim(most));
    record.mutable_tombstone()->set_seq(most);
    BOOST_TEST(record.ByteSizeLong() <= 192U);
    BOOST_TEST(encoded(record).size() == record.ByteSizeLong() + kHeadBytes);
}

BOOST_AUTO_TEST_SUITE_END()

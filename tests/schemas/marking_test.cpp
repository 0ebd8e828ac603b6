#include "tests/schemas/marking.hpp"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>

#include "schemas/envelope.hpp"

namespace {

using namespace parlour::log::v1;
using Faults = std::vector<std::string>;

// The faults of an envelope that exists only here: the message Envelope of a file whose other
// messages are given in protobuf's own descriptor language.
Faults faults_of(const std::string& messages, const std::string& owner = "DATA_VISITOR") {
    const std::string file = R"(
        name: "bad.proto" package: "bad" syntax: "proto3"
        dependency: "parlour/options/v1/options.proto" )" +
                             messages + R"(
        message_type {
          name: "Envelope" options { [parlour.options.v1.owners]: )" +
                             owner + R"( }
          oneof_decl { name: "body" }
          field { name: "event" number: 1 label: LABEL_OPTIONAL type: TYPE_MESSAGE
                  type_name: ".bad.Event" oneof_index: 0 } } )";
    google::protobuf::FileDescriptorProto proto;
    BOOST_TEST_REQUIRE(google::protobuf::TextFormat::ParseFromString(file, &proto));
    google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
    const auto* built = pool.BuildFile(proto);
    BOOST_TEST_REQUIRE(built != nullptr);
    return schema_check::faults_of_envelope(*built->FindMessageTypeByName("Envelope"));
}

std::string field(const std::string& name,
                  int number,
                  const std::string& type,
                  const std::string& options = "") {
    return "field { name: \"" + name + "\" number: " + std::to_string(number) +
           " label: LABEL_OPTIONAL " + type + " options { " + options + " } } ";
}
std::string event(const std::string& fields) {
    return "message_type { name: \"Event\" " + fields + " } ";
}

const std::string kString = "type: TYPE_STRING";
const std::string kBytes = "type: TYPE_BYTES";
const std::string kInner = "type: TYPE_MESSAGE type_name: \".bad.Inner\"";
const std::string kPublic = "[parlour.options.v1.data]: DATA_PUBLIC";
const std::string kVisitor = "[parlour.options.v1.data]: DATA_VISITOR";
const std::string kStaff = "[parlour.options.v1.data]: DATA_STAFF";

}  // namespace

BOOST_AUTO_TEST_SUITE(marking)

BOOST_AUTO_TEST_CASE(every_field_of_every_event_is_marked_and_sealed_where_it_must_be) {
    for (int kind = StreamKind_MIN + 1; kind <= StreamKind_MAX; ++kind) {
        const auto envelope = schemas::new_envelope(static_cast<StreamKind>(kind));
        BOOST_TEST_REQUIRE(envelope != nullptr);
        for (const auto& fault : schema_check::faults_of_envelope(*envelope->GetDescriptor())) {
            BOOST_ERROR(fault);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_well_marked_event_has_no_fault) {
    BOOST_TEST(
        faults_of(event(field("id", 1, kBytes, kPublic) + field("name", 2, kString, kVisitor) +
                        field("count", 3, "type: TYPE_UINT64"))) == Faults{});
}

BOOST_AUTO_TEST_CASE(an_unmarked_string_or_bytes_field_is_a_fault) {
    BOOST_TEST(faults_of(event(field("name", 1, kString))) ==
               Faults{"bad.Event.name is not marked"});
    BOOST_TEST(faults_of(event(field("blob", 1, kBytes))) ==
               Faults{"bad.Event.blob is not marked"});
}

BOOST_AUTO_TEST_CASE(a_personal_field_of_somebody_who_does_not_own_the_stream_is_a_fault) {
    const auto faults = faults_of(event(field("expert_name", 1, kString, kStaff)));
    BOOST_TEST(faults ==
               Faults{"bad.Event.expert_name is personal of DATA_STAFF, whose erasure does "
                      "not erase the stream"});
    BOOST_TEST(faults_of(event(field("expert_name", 1, kString, kStaff)), "DATA_STAFF") ==
               Faults{});
    BOOST_TEST(faults_of(event(field("age", 1, "type: TYPE_UINT32", kStaff))).size() == 1U);
}

BOOST_AUTO_TEST_CASE(fields_inside_messages_are_looked_at_too) {
    const auto with_inner = [](const std::string& outer, const std::string& inner) {
        return faults_of("message_type { name: \"Inner\" " + inner + " } " +
                         event(field("inner", 1, kInner, outer)));
    };
    BOOST_TEST(with_inner("", field("name", 1, kString)) == Faults{"bad.Inner.name is not marked"});
    BOOST_TEST(with_inner("", field("name", 1, kString, kVisitor)) ==
               Faults{"bad.Inner.name is personal but inside a message"});
    BOOST_TEST(with_inner("", field("name", 1, kString, kPublic) + field("again", 2, kInner)) ==
               Faults{});
    // Sealed as a whole.
    BOOST_TEST(with_inner(kVisitor, field("name", 1, kString)) == Faults{});
}

BOOST_AUTO_TEST_CASE(an_envelope_must_say_who_owns_its_streams_and_hold_events_only) {
    const auto faults =
        schema_check::faults_of_envelope(*google::protobuf::FieldOptions::descriptor());
    BOOST_TEST(faults.size() >= 2U);
    BOOST_TEST(faults[0] == "google.protobuf.FieldOptions does not say who owns its streams");
    BOOST_TEST(faults[1] ==
               "google.protobuf.FieldOptions must be one oneof of events and nothing else");
}

BOOST_AUTO_TEST_CASE(an_id_tag_stands_on_public_ids_only) {
    const std::string tag = " [parlour.options.v1.id_tag]: \"vis\"";
    BOOST_TEST(faults_of(event(field("id", 1, kBytes, kPublic + tag))) == Faults{});
    BOOST_TEST(faults_of(event(field("id", 1, kString, kPublic + tag))).size() == 1U);
    BOOST_TEST(faults_of(event(field("id", 1, kBytes, kVisitor + tag))).size() == 1U);
    const std::string bad = " [parlour.options.v1.id_tag]: \"VIS\"";
    BOOST_TEST(faults_of(event(field("id", 1, kBytes, kPublic + bad))).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

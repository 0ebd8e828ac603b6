#include "tests/schemas/field_lock.hpp"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

namespace {

using schema_check::Lines;
using Complaints = std::vector<std::string>;

const std::string kRoot = std::string(PARLOUR_SOURCE_DIR) + "/schemas";

// Every .proto file of the source tree, compiled by the build.
schema_check::Schemas read_all() {
    google::protobuf::FileDescriptorSet files;
    std::ifstream in(PARLOUR_DESCRIPTOR_SET, std::ios::binary);
    BOOST_TEST_REQUIRE(files.ParseFromIstream(&in));
    return schema_check::read_schemas(files);
}

// A file given in protobuf's own descriptor language.
schema_check::Schemas read_snippet(const std::string& body) {
    google::protobuf::FileDescriptorSet files;
    BOOST_TEST_REQUIRE(google::protobuf::TextFormat::ParseFromString(
        R"(name: "snippet.proto" package: "parlour.p" syntax: "proto3" )" + body,
        files.add_file()));
    return schema_check::read_schemas(files);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(field_lock)

// When this fails for a new field, add the printed line to the file, in its place.
BOOST_AUTO_TEST_CASE(no_stored_number_has_changed_its_meaning) {
    const auto schemas = read_all();
    for (const auto& fault : schemas.faults) BOOST_ERROR(fault);
    BOOST_TEST(schemas.lines.size() > 80U);
    const auto locked = schema_check::read_lock(kRoot + "/fields.lock");
    for (const auto& complaint : schema_check::compare(locked, schemas.lines)) {
        BOOST_ERROR(complaint);
    }
}

BOOST_AUTO_TEST_CASE(the_lock_file_is_sorted_so_that_changes_do_not_collide) {
    std::ifstream in(kRoot + "/fields.lock");
    std::string before;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        BOOST_TEST((before < line), line);
        before = line;
    }
    BOOST_TEST(!before.empty());
}

BOOST_AUTO_TEST_CASE(fields_values_and_reserved_numbers_are_listed) {
    const auto schemas = read_snippet(R"(
        enum_type { name: "Kind" value { name: "KIND_UNSPECIFIED" number: 0 }
                                 value { name: "KIND_ONE" number: 1 }
                                 reserved_range { start: 7 end: 7 } }
        message_type {
          name: "M"
          reserved_range { start: 4 end: 6 }
          field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
          field { name: "kinds" number: 2 type: TYPE_ENUM type_name: ".parlour.p.Kind"
                  label: LABEL_REPEATED }
          oneof_decl { name: "body" }
          field { name: "self" number: 3 type: TYPE_MESSAGE type_name: ".parlour.p.M"
                  label: LABEL_OPTIONAL oneof_index: 0 }
          nested_type { name: "Inner" field { name: "raw" number: 1 type: TYPE_BYTES
                                              label: LABEL_OPTIONAL } }
        })");
    BOOST_TEST(schemas.faults == Complaints{});
    BOOST_TEST(schemas.lines == (Lines{"parlour.p.Kind.KIND_ONE=1:value",
                                       "parlour.p.Kind.KIND_UNSPECIFIED=0:value",
                                       "parlour.p.Kind=7:reserved",
                                       "parlour.p.M.Inner.raw=1:bytes",
                                       "parlour.p.M.kinds=2:repeated parlour.p.Kind",
                                       "parlour.p.M.self=3:parlour.p.M",
                                       "parlour.p.M.text=1:string",
                                       "parlour.p.M=4:reserved",
                                       "parlour.p.M=5:reserved"}));
}

BOOST_AUTO_TEST_CASE(an_enum_whose_zero_means_something_is_a_fault) {
    BOOST_TEST(
        read_snippet(R"(enum_type { name: "Kind" value { name: "ONE" number: 0 } })").faults ==
        Complaints{"parlour.p.Kind: zero must be UNSPECIFIED"});
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_build_is_a_fault) {
    const auto faults = read_snippet(R"(dependency: "none.proto")").faults;
    BOOST_TEST_REQUIRE(faults.size() == 1U);
    BOOST_TEST(faults[0].starts_with("snippet.proto: none.proto: "));
}

BOOST_AUTO_TEST_CASE(a_new_field_is_to_be_written_down) {
    BOOST_TEST(schema_check::compare({"M.a=1:string"}, {"M.a=1:string", "M.b=2:bytes"}) ==
               Complaints{"add to schemas/fields.lock: M.b=2:bytes"});
}

BOOST_AUTO_TEST_CASE(what_stored_bytes_rely_on_must_not_change) {
    BOOST_TEST(schema_check::compare({"M.a=1:string"}, {"M.a=2:string"}) ==
               Complaints{"number or type changed, make a new field instead: M.a=1:string"});
    BOOST_TEST(schema_check::compare({"M.a=1:string"}, {"M.a=1:bytes"}) ==
               Complaints{"number or type changed, make a new field instead: M.a=1:string"});
    BOOST_TEST(schema_check::compare({"M.a=1:string"}, {}) ==
               Complaints{"removed or renamed, stored bytes still have it: M.a=1:string"});
    BOOST_TEST(schema_check::compare({"M=1:reserved"}, {}) ==
               Complaints{"a reserved number was given away: M=1:reserved"});
}

BOOST_AUTO_TEST_SUITE_END()

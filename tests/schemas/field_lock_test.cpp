#include "tests/schemas/field_lock.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace {

using schema_check::Lines;
using Complaints = std::vector<std::string>;

const std::string kRoot = std::string(PARLOUR_SOURCE_DIR) + "/schemas";

schema_check::Schemas read_snippet(const std::string& body) {
    const test_support::TempDir temp;
    std::ofstream(temp.path() / "snippet.proto") << "syntax = \"proto3\";\npackage p;\n" << body;
    return schema_check::read_schemas(temp.path().string());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(field_lock)

// When this fails for a new field, add the printed line to the file, in its place.
BOOST_AUTO_TEST_CASE(no_stored_number_has_changed_its_meaning) {
    const auto schemas = schema_check::read_schemas(kRoot);
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
        BOOST_TEST(before < line);
        before = line;
    }
    BOOST_TEST(!before.empty());
}

BOOST_AUTO_TEST_CASE(fields_values_and_reserved_numbers_are_listed) {
    const auto schemas = read_snippet(R"(
        enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
        message M {
          reserved 4 to 5;
          string text = 1;
          repeated Kind kinds = 2;
          oneof body { M self = 3; }
          message Inner { bytes raw = 1; }
        })");
    BOOST_TEST(schemas.faults == Complaints{});
    BOOST_TEST(schemas.lines == (Lines{"p.Kind.KIND_ONE=1:value",
                                       "p.Kind.KIND_UNSPECIFIED=0:value",
                                       "p.M.Inner.raw=1:bytes",
                                       "p.M.kinds=2:repeated p.Kind",
                                       "p.M.self=3:p.M",
                                       "p.M.text=1:string",
                                       "p.M=4:reserved",
                                       "p.M=5:reserved"}));
}

BOOST_AUTO_TEST_CASE(an_enum_whose_zero_means_something_is_a_fault) {
    BOOST_TEST(read_snippet("enum Kind { KIND_ONE = 0; }").faults ==
               Complaints{"p.Kind: zero must be UNSPECIFIED"});
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_parse_is_a_fault) {
    BOOST_TEST(!read_snippet("message M { string text = ; }").faults.empty());
    BOOST_TEST(!read_snippet("message M { Unknown text = 1; }").faults.empty());
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

#include "tests/tidy/tree_check.hpp"

namespace tidy {

BOOST_AUTO_TEST_SUITE(include_rules)

BOOST_AUTO_TEST_CASE(commands_and_projections_never_include_each_other) {
    BOOST_TEST(breaks(include_direction, "commands/a.cpp", "#include \"projections/store.hpp\"\n"));
    BOOST_TEST(breaks(include_direction, "projections/a.cpp", "#include \"commands/a.hpp\"\n"));
}

BOOST_AUTO_TEST_CASE(a_lower_folder_never_includes_a_higher_one) {
    BOOST_TEST(breaks(include_direction, "schemas/a.hpp", "#include \"events/ids.hpp\"\n"));
    BOOST_TEST(breaks(include_direction, "events/a.hpp", "#  include \"gateway/http.hpp\"\n"));
    BOOST_TEST(breaks(include_direction, "gateway/a.cpp", "#include \"ops/a.hpp\"\n"));
    BOOST_TEST(breaks(include_direction, "ops/a.cpp", "#include \"tests/support/a.hpp\"\n"));
    BOOST_TEST(first_line(include_direction, "events/a.cpp", "\n\n#include \"commands/a.hpp\"\n") ==
               3U);
}

BOOST_AUTO_TEST_CASE(the_allowed_direction_and_generated_code_pass) {
    BOOST_TEST(!breaks(include_direction, "gateway/a.cpp", "#include \"commands/a.hpp\"\n"));
    BOOST_TEST(!breaks(include_direction, "tests/a.cpp", "#include \"ops/a.hpp\"\n"));
    BOOST_TEST(
        !breaks(include_direction, "events/a.hpp", "#include \"parlour/log/v1/record.pb.h\"\n"));
    BOOST_TEST(!breaks(include_direction, "events/a.hpp", "// #include \"gateway/http.hpp\"\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_keeps_the_include_direction) {
    whole_tree_obeys(include_direction);
}

BOOST_AUTO_TEST_CASE(a_link_against_the_direction_is_found) {
    BOOST_TEST(breaks(link_direction,
                      "commands/CMakeLists.txt",
                      "parlour_library(commands LINK parlour_projections)\n"));
    BOOST_TEST(!breaks(link_direction,
                       "gateway/CMakeLists.txt",
                       "parlour_library(gateway LINK parlour_projections)\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_links_in_the_same_direction) {
    whole_tree_obeys(link_direction);
}

BOOST_AUTO_TEST_CASE(own_headers_in_brackets_or_relative_are_found) {
    BOOST_TEST(breaks(own_includes_root_relative, "events/a.cpp", "#include <events/ids.hpp>\n"));
    BOOST_TEST(breaks(own_includes_root_relative, "events/a.cpp", "#include \"ids.hpp\"\n"));
    BOOST_TEST(breaks(own_includes_root_relative, "events/a.cpp", "#include \"../a/ids.hpp\"\n"));
    BOOST_TEST(
        !breaks(own_includes_root_relative, "events/a.cpp", "#include \"events/ids.hpp\"\n"));
    BOOST_TEST(!breaks(own_includes_root_relative, "events/a.cpp", "#include <rocksdb/db.h>\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_includes_its_headers_from_the_root) {
    whole_tree_obeys(own_includes_root_relative);
}

BOOST_AUTO_TEST_CASE(a_library_away_from_home_is_found) {
    BOOST_TEST(breaks(third_party_homes, "events/fence.cpp", "#include <rocksdb/db.h>\n"));
    BOOST_TEST(breaks(third_party_homes, "commands/a.cpp", "#include <rocksdb/db.h>\n"));
    BOOST_TEST(
        breaks(third_party_homes, "gateway/router.cpp", "#include <boost/beast/http.hpp>\n"));
    BOOST_TEST(breaks(third_party_homes, "events/log.cpp", "#include <librdkafka/rdkafka.h>\n"));
    BOOST_TEST(!breaks(third_party_homes, "events/local_log.cpp", "#include <rocksdb/db.h>\n"));
    BOOST_TEST(
        !breaks(third_party_homes, "gateway/client.cpp", "#include <boost/beast/http.hpp>\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_keeps_libraries_at_home) {
    whole_tree_obeys(third_party_homes);
}

BOOST_AUTO_TEST_CASE(an_umbrella_header_is_found) {
    BOOST_TEST(breaks(no_umbrella_includes, "gateway/server.cpp", "#include <boost/beast.hpp>\n"));
    BOOST_TEST(breaks(no_umbrella_includes, "gateway/http.hpp", "#include <boost/asio.hpp>\n"));
    BOOST_TEST(!breaks(no_umbrella_includes, "a/b.hpp", "#include <boost/asio/awaitable.hpp>\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_includes_no_umbrella_header) {
    whole_tree_obeys(no_umbrella_includes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace tidy

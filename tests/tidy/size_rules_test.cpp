#include "tests/tidy/tree_check.hpp"

namespace tidy {

namespace {

std::string lines(std::size_t count, std::string_view line = "int a;") {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text.append(line).append("\n");
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(size_rules)

BOOST_AUTO_TEST_CASE(a_header_without_its_guard_is_found) {
    BOOST_TEST(breaks(pragma_once_first, "a/b.hpp", "#include <array>\n#pragma once\n"));
    BOOST_TEST(breaks(pragma_once_first, "a/b.hpp", "// #pragma once\n"));
    BOOST_TEST(!breaks(pragma_once_first, "a/b.hpp", "// What it is.\n#pragma once\n"));
    BOOST_TEST(!breaks(pragma_once_first, "a/b.cpp", "#include <array>\n"));
}

BOOST_AUTO_TEST_CASE(every_header_of_the_tree_begins_with_its_guard) {
    whole_tree_obeys(pragma_once_first);
}

BOOST_AUTO_TEST_CASE(a_long_file_is_found) {
    BOOST_TEST(breaks(file_length, "a/b.hpp", lines(kHeaderLinesMax + 1)));
    BOOST_TEST(!breaks(file_length, "a/b.hpp", lines(kHeaderLinesMax)));
    BOOST_TEST(breaks(file_length, "a/b.cpp", lines(kSourceLinesMax + 1)));
    BOOST_TEST(!breaks(file_length, "a/b.cpp", lines(kSourceLinesMax)));
}

BOOST_AUTO_TEST_CASE(no_file_of_the_tree_is_long) {
    whole_tree_obeys(file_length);
}

BOOST_AUTO_TEST_CASE(a_long_function_is_found) {
    const std::string longest = lines(kFunctionLinesMax - 1);
    BOOST_TEST(!breaks(function_length, "a/b.cpp", "void f() {\n" + longest + "}\n"));
    BOOST_TEST(breaks(function_length, "a/b.cpp", "void f() {\n" + longest + "int b;\n}\n"));
}

BOOST_AUTO_TEST_CASE(a_long_function_inside_namespace_and_class_is_found) {
    const std::string body = lines(kFunctionLinesMax + 1);
    BOOST_TEST(first_line(function_length,
                          "a/b.hpp",
                          "namespace a {\nclass B {\n  int g() const noexcept {\n" + body +
                              "  }\n};\n}\n") == 3U);
    BOOST_TEST(!breaks(function_length, "a/b.hpp", "namespace a {\n" + body + "}\n"));
}

BOOST_AUTO_TEST_CASE(no_function_of_the_tree_is_long) {
    whole_tree_obeys(function_length);
}

BOOST_AUTO_TEST_CASE(a_long_line_is_found_by_its_characters) {
    BOOST_TEST(breaks(line_length, "a/b.cpp", std::string(kColumnsMax + 1, 'a') + "\n"));
    BOOST_TEST(!breaks(line_length, "a/b.cpp", std::string(kColumnsMax, 'a') + "\n"));
    std::string umlauts;
    for (std::size_t i = 0; i < kColumnsMax; ++i) umlauts += "\xc3\xa4";
    BOOST_TEST(!breaks(line_length, "a/b.cpp", umlauts));
    BOOST_TEST(breaks(line_length, "ops/run", "#!/bin/bash\n" + std::string(kColumnsMax + 1, 'a')));
    BOOST_TEST(!breaks(line_length, "a/b.md", std::string(kColumnsMax + 1, 'a')));
}

BOOST_AUTO_TEST_CASE(no_line_of_the_tree_is_long) {
    whole_tree_obeys(line_length);
}

BOOST_AUTO_TEST_CASE(a_big_file_is_found) {
    BOOST_TEST(breaks(file_size, "a/b.bin", std::string(kFileBytesMax + 1, 'a')));
    BOOST_TEST(!breaks(file_size, "a/b.bin", std::string(kFileBytesMax, 'a')));
}

BOOST_AUTO_TEST_CASE(no_file_of_the_tree_is_big) {
    whole_tree_obeys(file_size);
}

BOOST_AUTO_TEST_CASE(a_file_name_in_another_case_is_found) {
    BOOST_TEST(breaks(snake_case_file_names, "a/LocalLog.cpp", ""));
    BOOST_TEST(breaks(snake_case_file_names, "a/local-log.hpp", ""));
    BOOST_TEST(!breaks(snake_case_file_names, "a/local_log.hpp", ""));
}

BOOST_AUTO_TEST_CASE(file_names_of_the_tree_are_snake_case) {
    whole_tree_obeys(snake_case_file_names);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace tidy

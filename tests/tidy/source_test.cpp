#include "tests/tidy/source.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(source_text)

BOOST_AUTO_TEST_CASE(comments_and_literals_are_blanked_and_lines_stay) {
    const std::string text = "int a;  // new\n/* delete\n */ auto s = \"new\"; char c = '\\'';\n";
    const std::string code = tidy::code_only(text);
    BOOST_TEST(code.size() == text.size());
    BOOST_TEST(std::ranges::count(code, '\n') == 3);
    BOOST_TEST(tidy::find_word(code, "new") == std::string::npos);
    BOOST_TEST(tidy::find_word(code, "delete") == std::string::npos);
    BOOST_TEST(tidy::find_word(code, "char") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_raw_string_ends_at_its_own_delimiter) {
    const std::string code = tidy::code_only("f(R\"x(new \" )\" new)x\"); int last;");
    BOOST_TEST(tidy::find_word(code, "new") == std::string::npos);
    BOOST_TEST(tidy::find_word(code, "last") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_digit_separator_opens_no_character) {
    const std::string code = tidy::code_only("int a = 1'000; int b = new_value;");
    BOOST_TEST(code.find("new_value") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_escaped_quote_does_not_end_a_string) {
    const std::string code = tidy::code_only(R"(auto s = "a\"new"; int rest;)");
    BOOST_TEST(tidy::find_word(code, "new") == std::string::npos);
    BOOST_TEST(tidy::find_word(code, "rest") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_word_is_found_only_as_a_whole) {
    BOOST_TEST(tidy::find_word("renewed new_one new", "new") == 16U);
    BOOST_TEST(tidy::find_word("renewed", "new") == std::string::npos);
    BOOST_TEST(tidy::find_word("a.detach(b)", ".detach(") == 1U);
}

BOOST_AUTO_TEST_CASE(paths_are_taken_apart) {
    BOOST_TEST(tidy::top_folder("tests/tidy/a.cpp") == "tests");
    BOOST_TEST(tidy::folder_of("tests/tidy/a.cpp") == "tests/tidy");
    BOOST_TEST(tidy::extension("tests/tidy/a_b.cpp") == ".cpp");
    BOOST_TEST(tidy::extension(".gitignore").empty());
    BOOST_TEST(tidy::top_folder("README.md").empty());
}

BOOST_AUTO_TEST_CASE(the_tree_holds_this_file_and_nothing_ignored) {
    const auto& files = tidy::tree();
    const auto has = [&](std::string_view path) {
        return std::ranges::find(files, path, &tidy::Source::path) != files.end();
    };
    BOOST_TEST(has("tests/tidy/source_test.cpp"));
    BOOST_TEST(has("CMakeLists.txt"));
    BOOST_TEST(std::ranges::none_of(files, [](const tidy::Source& source) {
        return source.path.starts_with("build/") || source.path.starts_with(".git/");
    }));
}

BOOST_AUTO_TEST_SUITE_END()

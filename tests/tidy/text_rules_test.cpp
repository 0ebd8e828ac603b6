#include "tests/tidy/tree_check.hpp"

namespace tidy {

namespace {

const Source kList{"events/CMakeLists.txt", "parlour_library(events SOURCES ids.cpp sub/a.cpp)\n"};

}  // namespace

BOOST_AUTO_TEST_SUITE(text_rules)

BOOST_AUTO_TEST_CASE(a_page_without_or_with_two_titles_is_found) {
    BOOST_TEST(breaks(one_first_level_heading, "a.md", "## Part\n"));
    BOOST_TEST(breaks(one_first_level_heading, "a.md", "# One\n# Two\n"));
    BOOST_TEST(!breaks(one_first_level_heading, "a.md", "# One\n```\n# a comment\n```\n## Part\n"));
}

BOOST_AUTO_TEST_CASE(every_page_of_the_tree_has_one_title) {
    whole_tree_obeys(one_first_level_heading);
}

BOOST_AUTO_TEST_CASE(an_unfinished_word_is_found) {
    const std::string word = std::string("TO") + "DO";
    BOOST_TEST(breaks(no_unfinished_words, "a/b.cpp", "// " + word + ": later\n"));
    BOOST_TEST(breaks(no_unfinished_words, "a.md", "text " + word + "\n"));
    BOOST_TEST(!breaks(no_unfinished_words, "a.md", "parlour-" + std::string(6, 'X') + "\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_is_finished) {
    whole_tree_obeys(no_unfinished_words);
}

BOOST_AUTO_TEST_CASE(a_path_of_one_machine_is_found) {
    BOOST_TEST(breaks(no_workplace_paths, "a.md", std::string("see /wo") + "rk/a\n"));
    BOOST_TEST(breaks(no_workplace_paths, "a.sh", std::string("cd /ho") + "me/me\n"));
    BOOST_TEST(!breaks(no_workplace_paths, "a.md", "see network/home\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_names_no_machine) {
    whole_tree_obeys(no_workplace_paths);
}

BOOST_AUTO_TEST_CASE(a_decision_without_consequences_is_found) {
    const std::string rest =
        "# 1. A\n## Status\n## Context\n## Decision\n## Alternatives\n"
        "## How we would notice it was wrong\n";
    BOOST_TEST(breaks(decision_has_its_parts, "ops/decisions/0001-a.md", rest));
    BOOST_TEST(
        !breaks(decision_has_its_parts, "ops/decisions/0001-a.md", rest + "## Consequences\n"));
    BOOST_TEST(!breaks(decision_has_its_parts, "ops/runbooks/a.md", rest));
}

BOOST_AUTO_TEST_CASE(every_decision_of_the_tree_has_its_parts) {
    whole_tree_obeys(decision_has_its_parts);
}

BOOST_AUTO_TEST_CASE(a_source_that_nobody_builds_is_found) {
    BOOST_TEST(every_source_is_built({kList, {"events/forgotten.cpp", ""}}).size() == 1U);
    BOOST_TEST(every_source_is_built({kList, {"events/ds.cpp", ""}}).size() == 1U);
    BOOST_TEST(every_source_is_built({kList, {"commands/ids.cpp", ""}}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_source_in_a_list_of_its_folder_or_above_passes) {
    BOOST_TEST(every_source_is_built({kList, {"events/ids.cpp", ""}}).empty());
    BOOST_TEST(every_source_is_built({kList, {"events/sub/a.cpp", ""}}).empty());
    const Source from_root{"a/CMakeLists.txt", "\"${CMAKE_SOURCE_DIR}/tests/support/b.cpp\""};
    BOOST_TEST(every_source_is_built({from_root, {"tests/support/b.cpp", ""}}).empty());
    BOOST_TEST(every_source_is_built({from_root, {"tests/support/c.cpp", ""}}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(every_source_of_the_tree_is_built) {
    report(every_source_is_built(tree()));
}

BOOST_AUTO_TEST_CASE(a_new_entry_at_the_top_is_found) {
    BOOST_TEST(top_level_is_fixed({{"misc/a.cpp", ""}}).size() == 1U);
    BOOST_TEST(top_level_is_fixed({{"NOTES.md", ""}}).size() == 1U);
    BOOST_TEST(top_level_is_fixed({{".github/CONTRIBUTING.md", ""}, {"ops/run", ""}}).empty());
}

BOOST_AUTO_TEST_CASE(the_top_level_of_the_tree_is_the_fixed_one) {
    report(top_level_is_fixed(tree()));
}

BOOST_AUTO_TEST_CASE(a_folder_without_a_readme_is_found) {
    BOOST_TEST(every_folder_has_a_readme({{"events/README.md", "# Events\n"}}).size() == 6U);
}

BOOST_AUTO_TEST_CASE(every_folder_of_the_tree_has_a_readme) {
    report(every_folder_has_a_readme(tree()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace tidy

#include "tests/tidy/tree_check.hpp"

namespace tidy {

BOOST_AUTO_TEST_SUITE(name_rules)

BOOST_AUTO_TEST_CASE(a_library_that_prints_is_found) {
    BOOST_TEST(breaks(no_console_in_libraries, "events/a.cpp", "void f() { std::cout << 1; }\n"));
    BOOST_TEST(!breaks(no_console_in_libraries, "ops/a.cpp", "void f() { std::cout << 1; }\n"));
    BOOST_TEST(!breaks(no_console_in_libraries, "events/a.cpp", "// std::cout\n"));
}

BOOST_AUTO_TEST_CASE(no_library_of_the_tree_prints) {
    whole_tree_obeys(no_console_in_libraries);
}

BOOST_AUTO_TEST_CASE(a_detached_thread_is_found) {
    BOOST_TEST(breaks(no_detach, "ops/a.cpp", "void f() { worker.detach(); }\n"));
    BOOST_TEST(breaks(no_detach, "ops/a.cpp", "void f() { worker->detach(); }\n"));
    BOOST_TEST(!breaks(no_detach, "ops/a.cpp", "void f() { worker.join(); }\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_detaches_no_thread) {
    whole_tree_obeys(no_detach);
}

BOOST_AUTO_TEST_CASE(a_sleeping_test_is_found) {
    BOOST_TEST(breaks(no_sleep_in_tests, "tests/a_test.cpp", "std::this_thread::sleep_for(1s);\n"));
    BOOST_TEST(breaks(no_sleep_in_tests, "tests/integration/a_test.py", "time.sleep(1)\n"));
    BOOST_TEST(!breaks(no_sleep_in_tests, "ops/a.cpp", "std::this_thread::sleep_for(1s);\n"));
}

BOOST_AUTO_TEST_CASE(no_test_of_the_tree_sleeps) {
    whole_tree_obeys(no_sleep_in_tests);
}

BOOST_AUTO_TEST_CASE(a_test_that_is_switched_off_is_found) {
    BOOST_TEST(breaks(no_disabled_tests, "tests/a_test.cpp", "CASE(a, *utf::disabled()) {}\n"));
    BOOST_TEST(!breaks(no_disabled_tests, "tests/a_test.cpp", "CASE(a) { is_disabled(x); }\n"));
}

BOOST_AUTO_TEST_CASE(every_test_of_the_tree_is_switched_on) {
    whole_tree_obeys(no_disabled_tests);
}

BOOST_AUTO_TEST_CASE(a_header_that_opens_a_namespace_for_others_is_found) {
    BOOST_TEST(breaks(no_using_namespace_in_headers, "a/b.hpp", "using namespace std;\n"));
    BOOST_TEST(!breaks(no_using_namespace_in_headers, "a/b.cpp", "using namespace std;\n"));
}

BOOST_AUTO_TEST_CASE(no_header_of_the_tree_opens_a_namespace) {
    whole_tree_obeys(no_using_namespace_in_headers);
}

BOOST_AUTO_TEST_CASE(a_default_in_an_event_switch_is_found) {
    BOOST_TEST(first_line(no_default_in_event_switch,
                          "commands/a.cpp",
                          "switch (event.body_case()) {\n"
                          "    case A: { break; }\n"
                          "    default: break;\n"
                          "}\n") == 3U);
    BOOST_TEST(breaks(no_default_in_event_switch,
                      "commands/a.cpp",
                      "switch (which) { case E::BODY_NOT_SET: break; default: break; }\n"));
}

BOOST_AUTO_TEST_CASE(a_default_of_another_switch_passes) {
    BOOST_TEST(!breaks(no_default_in_event_switch,
                       "ops/a.cpp",
                       "switch (character) { case 'a': break; default: break; }\n"));
    BOOST_TEST(!breaks(no_default_in_event_switch,
                       "commands/a.cpp",
                       "switch (e.body_case()) { case A: { switch (c) { default: break; } } }\n"));
}

BOOST_AUTO_TEST_CASE(every_event_switch_of_the_tree_names_every_event) {
    whole_tree_obeys(no_default_in_event_switch);
}

BOOST_AUTO_TEST_CASE(a_wall_clock_away_from_the_application_is_found) {
    constexpr auto kNow = "auto now = std::chrono::system_clock::now();\n";
    BOOST_TEST(breaks(no_wall_clock_outside_app, "events/a.cpp", kNow));
    BOOST_TEST(breaks(no_wall_clock_outside_app, "commands/a.cpp", "auto t = std::time(nullptr);"));
    BOOST_TEST(!breaks(no_wall_clock_outside_app, "gateway/app.cpp", kNow));
    BOOST_TEST(!breaks(no_wall_clock_outside_app, "ops/import.cpp", kNow));
}

BOOST_AUTO_TEST_CASE(the_tree_takes_time_as_a_parameter) {
    whole_tree_obeys(no_wall_clock_outside_app);
}

BOOST_AUTO_TEST_CASE(raw_new_and_delete_are_found) {
    BOOST_TEST(breaks(no_raw_new_or_delete, "a/b.cpp", "auto* p = new Thing;\n"));
    BOOST_TEST(breaks(no_raw_new_or_delete, "a/b.cpp", "void f() { delete p; }\n"));
    BOOST_TEST(breaks(no_raw_new_or_delete, "a/b.cpp", "void f() { g(new Thing); }\n"));
}

BOOST_AUTO_TEST_CASE(owned_at_once_deleted_members_and_operators_pass) {
    BOOST_TEST(!breaks(no_raw_new_or_delete, "a/b.hpp", "Thing(const Thing&) = delete;\n"));
    BOOST_TEST(!breaks(no_raw_new_or_delete,
                       "a/b.cpp",
                       "return std::unique_ptr<Thing>(new Thing(std::move(impl)));\n"));
    BOOST_TEST(!breaks(no_raw_new_or_delete, "a/b.cpp", "void* operator new(std::size_t);\n"));
    BOOST_TEST(!breaks(no_raw_new_or_delete, "a/b.cpp", "#include <new>\nint new_one;  // new\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_has_no_raw_new_or_delete) {
    whole_tree_obeys(no_raw_new_or_delete);
}

BOOST_AUTO_TEST_CASE(the_printf_family_is_found) {
    BOOST_TEST(breaks(no_printf, "a/b.cpp", "void f() { std::printf(\"%d\", 1); }\n"));
    BOOST_TEST(breaks(no_printf, "a/b.cpp", "void f() { snprintf(buffer, 1, \"\"); }\n"));
    BOOST_TEST(!breaks(no_printf, "a/b.cpp", "auto s = fmt::format(\"printf(\");\n"));
}

BOOST_AUTO_TEST_CASE(the_tree_formats_with_fmt) {
    whole_tree_obeys(no_printf);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace tidy

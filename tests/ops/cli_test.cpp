#include "ops/cli.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using ops::Arguments;
using ops::Subcommand;
using ops::UsageError;

Subcommand sample() {
    return {.name = "sample",
            .usage = "FILE... --count N",
            .about = "Says nothing.",
            .positional = "FILE",
            .options = {{"count", "N", "how many"}, {"loud", "", "say it"}}};
}

// Runs a body over a command line as main() would pass it.
int run(std::vector<std::string> words,
        const std::function<int(const Arguments&)>& body,
        const Subcommand& subcommand = sample()) {
    std::vector<char*> args;
    for (auto& word : words) args.push_back(word.data());
    return ops::run_subcommand(subcommand, args, body);
}

int never(const Arguments& /*arguments*/) {
    BOOST_ERROR("the body ran");
    return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli)

BOOST_AUTO_TEST_CASE(options_switches_and_files_are_read) {
    const int code =
        run({"a", "--count", "7", "--loud", "b", "--", "--c"}, [](const Arguments& arguments) {
            BOOST_TEST(arguments.count("count").value() == 7U);
            BOOST_TEST(arguments.has("loud"));
            BOOST_TEST(arguments.positional() == (std::vector<std::string>{"a", "b", "--c"}),
                       boost::test_tools::per_element());
            return 5;
        });
    BOOST_TEST(code == 5);
}

BOOST_AUTO_TEST_CASE(help_ends_with_success_whatever_else_is_missing) {
    BOOST_TEST(run({"--help"}, never) == ops::kExitOk);
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_a_usage_error) {
    BOOST_TEST(run({"--nonsense"}, never) == ops::kExitUsage);
}

BOOST_AUTO_TEST_CASE(an_abbreviated_option_is_a_usage_error) {
    BOOST_TEST(run({"--cou", "1"}, never) == ops::kExitUsage);
}

BOOST_AUTO_TEST_CASE(an_option_given_twice_is_a_usage_error) {
    BOOST_TEST(run({"--count", "1", "--count", "2"}, never) == ops::kExitUsage);
}

BOOST_AUTO_TEST_CASE(a_file_where_none_is_taken_is_a_usage_error) {
    Subcommand none = sample();
    none.positional.clear();
    BOOST_TEST(run({"a"}, never, none) == ops::kExitUsage);
}

BOOST_AUTO_TEST_CASE(a_missing_required_option_is_a_usage_error) {
    const int code = run({}, [](const Arguments& arguments) {
        static_cast<void>(arguments.required("count"));
        return 0;
    });
    BOOST_TEST(code == ops::kExitUsage);
}

BOOST_AUTO_TEST_CASE(only_whole_numbers_within_the_bounds_are_counts) {
    const auto count = [](const std::string& text) {
        return run({"--count=" + text}, [](const Arguments& arguments) {
            return arguments.count("count", {.min = 1, .max = 256}).has_value() ? 0 : 9;
        });
    };
    for (const auto* const good : {"1", "256", "0016"})
        BOOST_TEST(count(good) == ops::kExitOk, good);
    for (const auto* const bad :
         {"0", "257", "-1", "+1", "1.5", " 1", "1 ", "x", "99999999999999999999999"}) {
        BOOST_TEST(count(bad) == ops::kExitUsage, bad);
    }
}

BOOST_AUTO_TEST_CASE(what_a_body_throws_becomes_an_exit_code) {
    BOOST_TEST(run({}, [](const Arguments&) -> int { throw UsageError("no"); }) == ops::kExitUsage);
    BOOST_TEST(run({}, [](const Arguments&) -> int { throw std::runtime_error("no"); }) ==
               ops::kExitFailed);
}

BOOST_AUTO_TEST_SUITE_END()

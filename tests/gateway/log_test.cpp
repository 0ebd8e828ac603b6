#include "gateway/log.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <type_traits>

#include "events/secret.hpp"

namespace {

using events::Errc;
using events::Error;
using gateway::Fixed;
using gateway::log_line;
using gateway::LogField;
using gateway::LogFormat;
using gateway::Word;

// What people write, and what could hold it, cannot get into a line.
static_assert(!std::is_constructible_v<LogField, Word, std::string>);
static_assert(!std::is_constructible_v<LogField, Word, std::string_view>);
static_assert(!std::is_constructible_v<LogField, Word, const char*>);
static_assert(!std::is_constructible_v<LogField, Word, events::Personal>);
static_assert(!std::is_constructible_v<LogField, Word, gateway::PeerAddress>);
static_assert(!std::is_constructible_v<LogField, Word, std::string*>);
static_assert(!std::is_convertible_v<std::string_view, Fixed>);

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The first words of all matches of a pattern with one group.
std::set<std::string> all_of(const std::string& text, const std::regex& pattern) {
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
        found.insert((*at)[1].str());
    }
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_lines)

BOOST_AUTO_TEST_CASE(a_line_of_text_names_the_event_and_its_fields) {
    BOOST_TEST(log_line(LogFormat::kText, "stopped", {}) == "event=stopped");
    BOOST_TEST(log_line(LogFormat::kText,
                        "some-event",
                        {{"count", 7},
                         {"below", -7},
                         {"large", UINT64_MAX},
                         {"on", true},
                         {"kind", "a-word"},
                         {"route", Fixed("/things/{id}")},
                         {"tenant", events::TenantId{.bytes = {1}}}}) ==
               "event=some-event count=7 below=-7 large=18446744073709551615 on=true kind=a-word "
               "route=/things/{id} tenant=0100000000000000");
}

BOOST_AUTO_TEST_CASE(a_line_of_json_holds_the_same) {
    const auto line = log_line(LogFormat::kJson,
                               "some-event",
                               {{"count", 7}, {"on", false}, {"route", Fixed("/a \"b\" \\")}});
    BOOST_TEST(line == R"("event":"some-event","count":7,"on":false,"route":"/a \"b\" \\")");
    const auto parsed = boost::json::parse("{" + line + "}").as_object();
    BOOST_TEST((parsed.at("route").as_string() == "/a \"b\" \\"));
}

BOOST_AUTO_TEST_CASE(an_error_shows_its_code_and_detail_in_printable_ascii) {
    const Error error{Errc::kStorage, "/data\x1b[31m/\u202elog: \"gone\"\n"};
    BOOST_TEST(log_line(LogFormat::kText, "e", {{"error", error}}) ==
               R"(event=e error="storage: /data?[31m/???log: \"gone\"?")");
    const auto json = log_line(LogFormat::kJson, "e", {{"error", error}});
    BOOST_TEST((boost::json::parse("{" + json + "}").as_object().at("error").as_string() ==
                "storage: /data?[31m/???log: \"gone\"?"));
}

BOOST_AUTO_TEST_CASE(a_text_that_could_be_taken_for_more_fields_is_quoted) {
    BOOST_TEST(log_line(LogFormat::kText, "e", {{"route", Fixed("a b=c")}}) ==
               R"(event=e route="a b=c")");
    BOOST_TEST(log_line(LogFormat::kText, "e", {{"route", Fixed("")}}) == R"(event=e route="")");
}

BOOST_AUTO_TEST_CASE(less_severe_events_than_configured_are_not_logged) {
    using gateway::LogLevel;
    gateway::configure_log({.level = LogLevel::kWarning, .format = LogFormat::kText});
    BOOST_TEST(!gateway::is_logged(LogLevel::kDebug));
    BOOST_TEST(!gateway::is_logged(LogLevel::kInfo));
    BOOST_TEST(gateway::is_logged(LogLevel::kWarning));
    BOOST_TEST(gateway::is_logged(LogLevel::kError));
    gateway::configure_log({});
    BOOST_TEST(gateway::is_logged(LogLevel::kInfo));
    BOOST_TEST(!gateway::is_logged(LogLevel::kDebug));
}

BOOST_AUTO_TEST_CASE(every_event_has_its_row_in_the_runbook_and_there_is_no_other) {
    const std::filesystem::path top(PARLOUR_SOURCE_DIR);
    const std::regex call(R"re(log_event\(\s*[^",]*,\s*"([a-z0-9-]+)")re");
    std::set<std::string> events;
    for (const auto* const folder : {"gateway", "ops"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
            if (entry.path().extension() != ".cpp") continue;
            events.merge(all_of(text_of(entry.path()), call));
        }
    }
    BOOST_TEST(events.contains("stopped"));
    const std::regex row(R"re(\| `([a-z0-9-]+)` \|)re");
    const auto rows = all_of(text_of(top / "ops/runbooks/logs.md"), row);
    BOOST_TEST(events == rows, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

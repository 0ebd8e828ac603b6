#include "events/error.hpp"

#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>

#include "tests/events/folder_scan.hpp"

using namespace events;

namespace {

struct Documented {
    std::string name;
    bool retryable = false;
    int http_status = 0;
};

// The enum as its header tells it: "kName,  // [not] retryable ...; HTTP nnn", in order.
std::vector<Documented> read_header() {
    const std::string text =
        folder_scan::content_of(std::filesystem::path(PARLOUR_SOURCE_DIR) / "events/error.hpp");
    const auto begin = text.find("enum class Errc {");
    const auto end = text.find("};", begin);
    const std::string body = text.substr(begin, end - begin);
    const std::regex line(R"(\n\s+(k\w+),\s*// ([^\n]*); HTTP (\d{3})(?=\n))");
    std::vector<Documented> codes;
    for (std::sregex_iterator at(body.begin(), body.end(), line), none; at != none; ++at) {
        codes.push_back({(*at)[1], (*at)[2].str().starts_with("retryable"), std::stoi((*at)[3])});
    }
    return codes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(error)

BOOST_AUTO_TEST_CASE(every_code_is_documented) {
    const std::string text =
        folder_scan::content_of(std::filesystem::path(PARLOUR_SOURCE_DIR) / "events/error.hpp");
    const std::regex enumerator(R"(\n    k\w+,)");
    const auto count =
        std::distance(std::sregex_iterator(text.begin(), text.end(), enumerator), {});
    BOOST_TEST(static_cast<std::size_t>(count) == read_header().size());
    BOOST_TEST(static_cast<std::size_t>(Errc::kUnknownSchema) + 1 == read_header().size());
}

BOOST_AUTO_TEST_CASE(every_code_answers_as_its_comment_says) {
    const auto codes = read_header();
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const auto code = static_cast<Errc>(i);
        BOOST_TEST_CONTEXT(codes[i].name) {
            const std::string name(name_of(code));
            BOOST_TEST(std::regex_match(name, std::regex("[a-z]+(-[a-z]+)*")), name);
            BOOST_TEST(name != "unknown");
            BOOST_TEST(names.insert(name_of(code)).second, name);
            BOOST_TEST(http_status_of(code) == codes[i].http_status);
            BOOST_TEST(is_retryable(code) == codes[i].retryable);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_failure_carries_its_code_and_detail) {
    const Status status = fail(Errc::kInUse, "folder x");
    BOOST_TEST_REQUIRE(!status.has_value());
    BOOST_TEST((status.error().code == Errc::kInUse));
    BOOST_TEST(status.error().detail == "folder x");
}

BOOST_AUTO_TEST_SUITE_END()

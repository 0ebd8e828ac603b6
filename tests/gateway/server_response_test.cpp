#include "gateway/server_response.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using gateway::Response;
using gateway::ResponseFrame;

std::string head_of(const Response& response, const ResponseFrame& frame = {}) {
    std::string head;
    BOOST_TEST_REQUIRE(gateway::write_response_head(response, frame, head));
    return head;
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

Response with(const std::string& name, const std::string& value) {
    Response response;
    response.headers.emplace_back(name, value);
    return response;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_response)

// Q04
BOOST_AUTO_TEST_CASE(every_answer_tells_a_browser_to_load_nothing_and_be_framed_by_nobody) {
    for (const unsigned status : {200U, 204U, 304U, 404U, 500U}) {
        const std::string head = head_of({.status = status});
        for (const std::string_view line :
             {"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
              "X-Content-Type-Options: nosniff\r\n",
              "Referrer-Policy: no-referrer\r\n",
              "Cross-Origin-Resource-Policy: same-origin\r\n",
              "X-Frame-Options: DENY\r\n",
              "Cache-Control: no-store\r\n"}) {
            BOOST_TEST(count(head, line) == 1U, status << ' ' << line);
        }
        BOOST_TEST(head.ends_with("\r\n\r\n"));
        BOOST_TEST(count(head, "\r\n\r\n") == 1U);
    }
}

// Q04
BOOST_AUTO_TEST_CASE(what_a_route_sets_itself_stands_instead) {
    for (const std::string name : {"content-security-policy",
                                   "X-Content-Type-Options",
                                   "Referrer-Policy",
                                   "Cross-Origin-Resource-Policy",
                                   "X-FRAME-OPTIONS",
                                   "Cache-Control",
                                   "Strict-Transport-Security"}) {
        const std::string head = head_of(with(name, "mine"), {.secure = true});
        BOOST_TEST(count(head, name + ": mine\r\n") == 1U);
        std::string lower = head;
        for (char& c : lower) c = static_cast<char>(std::tolower(c));
        std::string lower_name = name;
        for (char& c : lower_name) c = static_cast<char>(std::tolower(c));
        BOOST_TEST(count(lower, "\r\n" + lower_name + ":") == 1U, name);
    }
}

// Q04
BOOST_AUTO_TEST_CASE(a_route_that_says_who_may_frame_it_is_not_overruled) {
    const std::string framed = head_of(
        with("Content-Security-Policy", "default-src 'self'; frame-ancestors https://a.example"));
    BOOST_TEST(count(framed, "X-Frame-Options") == 0U);
    const std::string unframed = head_of(with("Content-Security-Policy", "default-src 'self'"));
    BOOST_TEST(count(unframed, "X-Frame-Options: DENY") == 1U);
}

// Q01
BOOST_AUTO_TEST_CASE(a_browser_that_came_over_tls_is_told_to_stay_there) {
    BOOST_TEST(count(head_of({}, {.secure = true}), "Strict-Transport-Security: max-age=") == 1U);
    BOOST_TEST(count(head_of({}), "Strict-Transport-Security") == 0U);
}

BOOST_AUTO_TEST_CASE(a_head_that_would_not_be_one_is_not_written) {
    std::string head;
    for (const Response& response : {Response{.status = 99},
                                     Response{.status = 600},
                                     Response{.content_type = "a\r\nb"},
                                     with("a b", "c"),
                                     with("a", "b\nc"),
                                     with("Content-Length", "1"),
                                     with("Transfer-Encoding", "chunked"),
                                     with("Date", "today")}) {
        BOOST_TEST(!gateway::write_response_head(response, {}, head));
    }
}

BOOST_AUTO_TEST_SUITE_END()

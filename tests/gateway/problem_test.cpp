#include "gateway/problem.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

#include "gateway/server_response.hpp"

namespace {

using events::Errc;
using gateway::problem;
using gateway::Response;
using gateway::ResponseFrame;
using gateway::write_response_head;

std::string header_of(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

Response response_with(std::string name, std::string value) {
    Response response{.status = 200, .body = "{}"};
    response.headers.emplace_back(std::move(name), std::move(value));
    return response;
}

std::string head_of(const Response& response, const ResponseFrame& frame) {
    std::string head;
    BOOST_TEST_REQUIRE(write_response_head(response, frame, head));
    return head;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(problem_document)

BOOST_AUTO_TEST_CASE(a_problem_has_the_members_of_rfc_9457_and_a_code) {
    const Response response = problem(404, "no-such-thing", "There is \"no\" such\nthing.");
    BOOST_TEST(response.status == 404U);
    BOOST_TEST(response.content_type == "application/problem+json");
    const auto document = boost::json::parse(response.body).as_object();
    BOOST_TEST(document.at("type").as_string() == "about:blank");
    BOOST_TEST(document.at("title").as_string() == "Not Found");
    BOOST_TEST(document.at("status").to_number<int>() == 404);
    BOOST_TEST(document.at("detail").as_string() == "There is \"no\" such\nthing.");
    BOOST_TEST(document.at("code").as_string() == "no-such-thing");
}

BOOST_AUTO_TEST_CASE(an_error_of_the_clients_keeps_its_detail) {
    const Response response = problem(events::Error{Errc::kInvalidArgument, "limit is 1 to 200"});
    BOOST_TEST(response.status == 400U);
    const auto document = boost::json::parse(response.body).as_object();
    BOOST_TEST(document.at("code").as_string() == "invalid-argument");
    BOOST_TEST(document.at("detail").as_string() == "limit is 1 to 200");
}

BOOST_AUTO_TEST_CASE(an_error_of_the_operators_keeps_its_detail_inside) {
    const Response response = problem(events::Error{Errc::kStorage, "/var/lib/secret: no space"});
    BOOST_TEST(response.status == 503U);
    BOOST_TEST(!response.body.contains("secret"));
    BOOST_TEST(header_of(response, "Retry-After") == "1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(server_response)

BOOST_AUTO_TEST_CASE(a_response_protects_itself_unless_told_otherwise) {
    const std::string head = head_of({.status = 201, .body = "{}"}, {});
    BOOST_TEST(head.starts_with("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"));
    BOOST_TEST(head.contains("\r\nContent-Length: 2\r\n"));
    BOOST_TEST(head.contains("\r\nCache-Control: no-store\r\n"));
    BOOST_TEST(head.contains("\r\nX-Content-Type-Options: nosniff\r\n"));
    BOOST_TEST(head.contains(" GMT\r\n"));
    BOOST_TEST(!head.contains("Connection:"));
    BOOST_TEST(head.ends_with("\r\n\r\n"));
    const std::string cached = head_of(response_with("cache-control", "max-age=60"), {});
    BOOST_TEST(!cached.contains("no-store"));
}

BOOST_AUTO_TEST_CASE(connection_is_said_where_the_version_does_not_say_it) {
    const Response response{.status = 200, .body = "{}"};
    BOOST_TEST(head_of(response, {.keep_alive = false}).contains("\r\nConnection: close\r\n"));
    BOOST_TEST(head_of(response, {.http11 = false, .keep_alive = true})
                   .contains("\r\nConnection: keep-alive\r\n"));
}

BOOST_AUTO_TEST_CASE(a_response_without_content_has_no_length_and_no_body) {
    for (const unsigned status : {204U, 304U}) {
        const Response response{.status = status, .body = "ignored"};
        BOOST_TEST(!head_of(response, {})
                        .contains("Content-"
                                  "Length"));
        BOOST_TEST(!gateway::has_body(response, {}));
    }
    BOOST_TEST(!gateway::has_body({.status = 200, .body = "x"}, {.head_only = true}));
}

BOOST_AUTO_TEST_CASE(a_field_that_would_break_the_head_is_not_written) {
    std::string head;
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"X", "a\r\nY: b"},
                                      {"X", "a\nb"},
                                      {"X", std::string("a\0b", 3)},
                                      {"X\r\nY", "a"},
                                      {"", "a"},
                                      {"X Y", "a"},
                                      {"content-length", "0"},
                                      {"Transfer-Encoding", "chunked"},
                                      {"Connection", "close"}}) {
        BOOST_TEST(!write_response_head(response_with(name, value), {}, head));
    }
    BOOST_TEST(!write_response_head({.status = 100}, {}, head));
    BOOST_TEST(!write_response_head({.status = 600}, {}, head));
    BOOST_TEST(!write_response_head({.status = 200, .content_type = "a\r\nb"}, {}, head));
}

BOOST_AUTO_TEST_SUITE_END()

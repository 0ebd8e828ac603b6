#include "gateway/http_head.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using gateway::find_head_end;
using gateway::Head;
using gateway::parse_head;
using gateway::Refusal;

constexpr std::size_t kFieldsMax = 10;

std::expected<Head, Refusal> parse(std::string_view bytes) {
    return parse_head(bytes, kFieldsMax);
}

// The status of the refusal; 200 when the head is taken.
unsigned status_of(std::string_view bytes) {
    const auto head = parse(bytes);
    return head ? 200 : head.error().status;
}

std::string with_line(std::string_view line) {
    return "GET / HTTP/1.1\r\nHost: example.org\r\n" + std::string(line) + "\r\n\r\n";
}

std::string with_host(std::string_view host) {
    return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

std::string with_request_line(std::string_view line) {
    return std::string(line) + "\r\nHost: example.org\r\n\r\n";
}

void check_all(const std::vector<std::string>& heads, unsigned status) {
    for (const std::string& head : heads) {
        BOOST_TEST_CONTEXT("head: " << head) {
            BOOST_TEST(status_of(head) == status);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_head)

BOOST_AUTO_TEST_CASE(a_plain_head_is_taken_apart) {
    const std::string bytes =
        "POST /api/v1/things?a=1&b=? HTTP/1.1\r\nHost: Example.org:8080\r\nX-One:  two words \t\r\n"
        "Content-Length: 12\r\n\r\n";
    const auto head = parse(bytes);
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->method == "POST");
    BOOST_TEST(head->path == "/api/v1/things");
    BOOST_TEST(head->query == "a=1&b=?");
    BOOST_TEST(head->http11);
    BOOST_TEST(head->keep_alive);
    BOOST_TEST(head->body.content_length == 12U);
    BOOST_TEST(!head->body.chunked);
    BOOST_TEST_REQUIRE(head->fields.size() == 3U);
    BOOST_TEST(head->fields[1].name == "X-One");
    BOOST_TEST(head->fields[1].value == "two words");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_head_is_found_wherever_the_bytes_were_cut) {
    const std::string bytes = with_line("X: y");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        const auto part = find_head_end(std::string_view(bytes).substr(0, cut), 0);
        BOOST_TEST_REQUIRE(part.has_value());
        BOOST_TEST(*part == 0U);
        const auto whole = find_head_end(bytes + "more\r\n\r\n", cut);
        BOOST_TEST_REQUIRE(whole.has_value());
        BOOST_TEST(*whole == bytes.size());
    }
}

BOOST_AUTO_TEST_CASE(a_bare_line_feed_is_refused_before_the_head_is_complete) {
    for (const std::string_view bytes : {"GET / HTTP/1.1\n", "\n", "GET / HTTP/1.1\r\nHost: x\n"}) {
        const auto end = find_head_end(bytes, 0);
        BOOST_TEST_REQUIRE(!end.has_value());
        BOOST_TEST(end.error().status == 400U);
        BOOST_TEST(end.error().code == "bare-line-feed");
    }
}

BOOST_AUTO_TEST_CASE(a_malformed_request_line_is_refused) {
    check_all({with_request_line(""),
               with_request_line("GET"),
               with_request_line("GET /"),
               with_request_line("GET  / HTTP/1.1"),
               with_request_line("GET /  HTTP/1.1"),
               with_request_line("GET / HTTP/1.1 "),
               with_request_line(" GET / HTTP/1.1"),
               with_request_line("GET\t/\tHTTP/1.1"),
               with_request_line("GET / HTTP/11"),
               with_request_line("GET / HTTP/1.x"),
               with_request_line("GET / http/1.1"),
               with_request_line("GET / HTTP/1.10"),
               with_request_line("G(T / HTTP/1.1"),
               with_request_line("GET /a b HTTP/1.1"),
               with_request_line("GET /\r HTTP/1.1"),
               std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28)},
              400);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_no_absolute_path_is_refused) {
    check_all({with_request_line("GET * HTTP/1.1"),
               with_request_line("GET http://example.org/ HTTP/1.1"),
               with_request_line("GET example.org:443 HTTP/1.1"),
               with_request_line("GET ?a=b HTTP/1.1"),
               with_request_line("GET /a#b HTTP/1.1"),
               with_request_line("GET /\x7f HTTP/1.1"),
               with_request_line("GET /\xc3\xa4 HTTP/1.1")},
              400);
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_with_505) {
    check_all({with_request_line("GET / HTTP/2.0"),
               with_request_line("GET / HTTP/1.2"),
               with_request_line("GET / HTTP/0.9")},
              505);
}

BOOST_AUTO_TEST_CASE(an_unknown_method_is_refused_with_501_and_a_known_one_not_served_with_405) {
    check_all({with_request_line("BREW / HTTP/1.1"), with_request_line("get / HTTP/1.1")}, 501);
    check_all({with_request_line("TRACE / HTTP/1.1"), with_request_line("CONNECT / HTTP/1.1")},
              405);
    check_all({with_request_line("HEAD / HTTP/1.1"), with_request_line("PATCH / HTTP/1.1")}, 200);
}

BOOST_AUTO_TEST_CASE(a_bad_field_name_is_refused) {
    check_all({with_line("X : y"),
               with_line("X\t: y"),
               with_line(": y"),
               with_line("X"),
               with_line("X y: z"),
               with_line("X(: z"),
               with_line("X\x80: z"),
               with_line("\"X\": z"),
               with_line("X\x01: z")},
              400);
}

BOOST_AUTO_TEST_CASE(a_folded_field_is_refused) {
    check_all({with_line("X: y\r\n z"),
               with_line("X: y\r\n\tz"),
               with_line("X: y\r\n : z"),
               "GET / HTTP/1.1\r\n Host: example.org\r\n\r\n"},
              400);
}

BOOST_AUTO_TEST_CASE(a_control_character_in_a_value_is_refused) {
    check_all({with_line("X: a\rb"),
               with_line("X: a\r"),
               with_line("X: a\x01"),
               with_line("X: a\x1b[31m"),
               with_line("X: a\x7f"),
               with_line(std::string("X: a\0b", 6))},
              400);
    check_all({with_line("X: a\tb"), with_line("X: \xc3\xa4"), with_line("X:"), with_line("X: ")},
              200);
}

BOOST_AUTO_TEST_CASE(host_is_needed_once_and_valid) {
    check_all({"GET / HTTP/1.1\r\n\r\n",
               with_line("Host: example.org"),
               with_line("host: other.org"),
               with_host(""),
               with_host("a b"),
               with_host("a,b"),
               with_host("user@example.org"),
               with_host("example.org/path"),
               with_host("example.org:80x"),
               with_host("example.org:65536"),
               with_host("example.org:-1"),
               with_host("a:b:c"),
               with_host("[::1"),
               with_host("[]"),
               with_host("[::1]x"),
               with_host("[::g]"),
               with_host(":80"),
               with_host(std::string(300, 'a')),
               "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
              400);
    check_all({with_host("example.org"),
               with_host("example.org:65535"),
               with_host("127.0.0.1:80"),
               with_host("[::1]:80"),
               with_host("my_host"),
               "GET / HTTP/1.0\r\n\r\n"},
              200);
}

BOOST_AUTO_TEST_CASE(a_content_length_that_is_not_one_plain_number_is_refused) {
    check_all({with_line("Content-Length: +5"),
               with_line("Content-Length: -5"),
               with_line("Content-Length: 5 5"),
               with_line("Content-Length: 5, 5"),
               with_line("Content-Length: 5,"),
               with_line("Content-Length: 0x5"),
               with_line("Content-Length: 5.0"),
               with_line("Content-Length:"),
               with_line("Content-Length: 18446744073709551616"),
               with_line("Content-Length: 00000000000000000005"),
               with_line("Content-Length: 5\r\nContent-Length: 6"),
               with_line("Content-Length: 5\r\ncontent-length: 5")},
              400);
    BOOST_TEST(parse(with_line("Content-Length: 9999999999999999999"))->body.content_length ==
               9'999'999'999'999'999'999U);
}

BOOST_AUTO_TEST_CASE(a_transfer_encoding_other_than_chunked_once_is_refused) {
    check_all({with_line("Transfer-Encoding: gzip"),
               with_line("Transfer-Encoding: gzip, chunked"),
               with_line("Transfer-Encoding: chunked, identity"),
               with_line("Transfer-Encoding: chunked, chunked"),
               with_line("Transfer-Encoding: chunked;q=1"),
               with_line("Transfer-Encoding: \"chunked\""),
               with_line("Transfer-Encoding: xchunked"),
               with_line("Transfer-Encoding: \x0b"
                         "chunked"),
               with_line("Transfer-Encoding:"),
               with_line("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
               with_line("Transfer-Encoding: chunked\r\nContent-Length: 5"),
               with_line("Content-Length: 5\r\nTransfer-Encoding: chunked"),
               with_line("Content-Length: 0\r\nTransfer-Encoding: chunked"),
               "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
              400);
    BOOST_TEST(parse(with_line("transfer-encoding: Chunked"))->body.chunked);
}

BOOST_AUTO_TEST_CASE(connection_options_decide_whether_the_connection_is_kept) {
    BOOST_TEST(!parse(with_line("Connection: close"))->keep_alive);
    BOOST_TEST(!parse(with_line("Connection: foo,  Close ,bar"))->keep_alive);
    BOOST_TEST(!parse(with_line("Connection: keep-alive\r\nConnection: close"))->keep_alive);
    BOOST_TEST(parse(with_line("Connection: closed"))->keep_alive);
    BOOST_TEST(!parse("GET / HTTP/1.0\r\n\r\n")->keep_alive);
    BOOST_TEST(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive);
    BOOST_TEST(!parse("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n")->keep_alive);
}

BOOST_AUTO_TEST_CASE(the_only_expectation_met_is_continue) {
    BOOST_TEST(parse(with_line("Expect: 100-Continue"))->body.expects_continue);
    BOOST_TEST(!parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")->body.expects_continue);
    check_all({with_line("Expect: the worst")}, 417);
}

BOOST_AUTO_TEST_CASE(more_fields_than_allowed_are_refused) {
    std::string lines = "X: 0";
    for (std::size_t i = 2; i < kFieldsMax; ++i) lines += "\r\nX: 1";
    BOOST_TEST(status_of(with_line(lines)) == 200U);
    BOOST_TEST(status_of(with_line(lines + "\r\nX: 1")) == 431U);
}

BOOST_AUTO_TEST_CASE(a_cut_or_lengthened_head_is_refused) {
    const std::string bytes = with_line("X: y");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        BOOST_TEST(!parse(std::string_view(bytes).substr(0, size)).has_value());
    }
    BOOST_TEST(status_of(bytes + "x") == 400U);
}

BOOST_AUTO_TEST_SUITE_END()

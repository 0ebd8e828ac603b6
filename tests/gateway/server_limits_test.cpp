#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "gateway/server.hpp"
#include "tests/gateway/running_server.hpp"

// What the server refuses, and how the connection ends then.
namespace {

using gateway::Limits;
using gateway::Response;
using std::chrono::milliseconds;
using test_support::Echo;
using test_support::get;
using test_support::kPatience;
using test_support::post;
using test_support::RawClient;
using test_support::RunningServer;

constexpr milliseconds kSoon{60};
constexpr std::string_view kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

std::string chunked(std::string_view body) {
    return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

// Sends `bytes` and a whole request behind them: the answer must be one problem document of that
// status and the end of the connection, and no handler may have run.
void check_refused(const std::string& bytes, unsigned status, Limits limits = {}) {
    const Echo echo;
    const RunningServer server{echo, limits};
    RawClient client(server.port());
    client.send(bytes + std::string(kSmuggled));
    const auto response = client.receive();
    BOOST_TEST_CONTEXT("bytes: " << bytes.substr(0, 300)) {
        BOOST_TEST_REQUIRE(response.has_value());
        BOOST_TEST(response->status == status);
        BOOST_TEST(response->header("Content-Type") == "application/problem+json");
        BOOST_TEST(response->header("Connection") == "close");
        BOOST_TEST(client.is_closed());
        BOOST_TEST(*echo.calls == 0);
    }
}

bool answers(std::uint16_t port) {
    RawClient client(port);
    client.send(get("/"));
    const auto response = client.receive();
    return response && response->status == 200;
}

// Whether a connection can be had within a while; for limits that are lifted by time.
bool answers_at_last(std::uint16_t port) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
        if (answers(port)) return true;
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_limits)

BOOST_AUTO_TEST_CASE(a_head_that_breaks_the_grammar_ends_the_connection) {
    for (const std::string bytes : {"GET / HTTP/1.1\nHost: a\n\n",
                                    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
                                    "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
                                    "GET / HTTP/1.1\r\n\r\n",
                                    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                                    "nonsense\r\n\r\n"}) {
        check_refused(bytes, 400);
    }
}

BOOST_AUTO_TEST_CASE(an_ambiguous_length_ends_the_connection) {
    for (const std::string lines : {"Content-Length: 5\r\nContent-Length: 6",
                                    "Content-Length: +5",
                                    "Content-Length: 5\r\nTransfer-Encoding: chunked",
                                    "Transfer-Encoding: chunked, gzip",
                                    "Transfer-Encoding: gzip"}) {
        check_refused("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n0\r\n\r\n", 400);
    }
    check_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

BOOST_AUTO_TEST_CASE(a_bad_chunk_ends_the_connection) {
    for (const std::string_view body : {"0x1\r\na\r\n0\r\n\r\n",
                                        "-1\r\na\r\n0\r\n\r\n",
                                        "1 \r\na\r\n0\r\n\r\n",
                                        "1\na\r\n0\r\n\r\n",
                                        "1\r\nab0\r\n\r\n",
                                        "10000000000000000\r\n",
                                        "0\r\nX : y\r\n\r\n"}) {
        check_refused(chunked(body), 400);
    }
}

BOOST_AUTO_TEST_CASE(methods_and_versions_not_spoken_end_the_connection) {
    check_refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
    check_refused("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405);
    check_refused("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505);
    check_refused(get("/", "Expect: more\r\n"), 417);
}

BOOST_AUTO_TEST_CASE(a_request_cut_short_is_told_so) {
    for (const std::string_view bytes :
         {"GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"}) {
        const RunningServer server{Echo{}};
        RawClient client(server.port());
        client.send(bytes);
        client.finish_sending();
        BOOST_TEST(client.receive()->status == 400U);
        BOOST_TEST(client.is_closed());
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_follows_the_answers_to_what_came_before_it) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send(get("/1") + get("/2") + "broken\r\n\r\n" + get("/3"));
    BOOST_TEST(client.receive()->body == "GET /1  ");
    BOOST_TEST(client.receive()->body == "GET /2  ");
    BOOST_TEST(client.receive()->status == 400U);
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_refusal_by_the_handler_leaves_the_connection_usable) {
    const RunningServer server{[](gateway::Request request) -> gateway::net::awaitable<Response> {
        co_return Response{.status = request.path == "/found" ? 200U : 404U, .body = "{}"};
    }};
    RawClient client(server.port());
    client.send(post("/lost", "body"));
    BOOST_TEST(client.receive()->status == 404U);
    client.send(get("/found"));
    BOOST_TEST(client.receive()->status == 200U);
}

BOOST_AUTO_TEST_CASE(a_head_over_its_limit_is_refused) {
    const Limits limits{.header_bytes_max = 1000};
    check_refused(get("/", "X: " + std::string(1000, 'a') + "\r\n"), 431, limits);
    check_refused(get("/" + std::string(100'000, 'a')), 431);
    std::string fields;
    for (int i = 0; i < 100; ++i) fields += "X: y\r\n";
    check_refused(get("/", fields), 431);
    const RunningServer server{Echo{}, limits};
    RawClient client(server.port());
    const std::string padding(1000 - get("/", "X: \r\n").size(), 'a');
    client.send(get("/", "X: " + padding + "\r\n"));
    BOOST_TEST(client.receive()->status == 200U);
    client.send(get("/", "X: a" + padding + "\r\n"));
    BOOST_TEST(client.receive()->status == 431U);
}

BOOST_AUTO_TEST_CASE(a_body_over_its_limit_is_refused) {
    const Limits limits{.body_bytes_max = 1000};
    check_refused(post("/", std::string(1001, 'a')), 413, limits);
    check_refused(chunked("3e9\r\n" + std::string(1001, 'a') + "\r\n0\r\n\r\n"), 413, limits);
    check_refused(
        chunked("1\r\na\r\n3e8\r\n" + std::string(1000, 'a') + "\r\n0\r\n\r\n"), 413, limits);
}

BOOST_AUTO_TEST_CASE(a_body_over_its_limit_is_refused_before_it_is_sent) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    BOOST_TEST(client.receive()->status == 413U);
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_head_that_trickles_in_is_refused_when_the_time_is_up) {
    const RunningServer server{Echo{}, {.header_timeout = kSoon}};
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nX: ");
    int sent = 0;
    while (!client.has_input_within(milliseconds(5)) && sent < 1000) {
        client.send("a");
        ++sent;
    }
    BOOST_TEST(client.receive()->status == 408U);
    BOOST_TEST(sent > 1);
}

BOOST_AUTO_TEST_CASE(the_second_head_has_its_own_time_limit) {
    const RunningServer server{Echo{}, {.header_timeout = kSoon}};
    RawClient client(server.port());
    client.send(get("/"));
    BOOST_TEST(client.receive()->status == 200U);
    client.send("G");
    BOOST_TEST(client.receive()->status == 408U);
}

BOOST_AUTO_TEST_CASE(a_connection_without_a_request_is_closed_without_a_word) {
    const RunningServer server{Echo{}, {.header_timeout = kSoon, .idle_timeout = kSoon}};
    RawClient fresh(server.port());
    BOOST_TEST(fresh.is_closed());
    RawClient kept(server.port());
    kept.send(get("/"));
    BOOST_TEST(kept.receive()->status == 200U);
    BOOST_TEST(kept.is_closed());
}

BOOST_AUTO_TEST_CASE(a_kept_connection_may_be_idle_longer_than_a_head_may_take) {
    const RunningServer server{Echo{}, {.header_timeout = kSoon}};
    RawClient client(server.port());
    client.send(get("/"));
    BOOST_TEST(client.receive()->status == 200U);
    RawClient clock(server.port());
    BOOST_TEST(clock.is_closed());  // by now the time of a head has passed
    client.send(get("/later"));
    BOOST_TEST(client.receive()->body == "GET /later  ");
}

BOOST_AUTO_TEST_CASE(a_body_that_does_not_come_is_refused_when_the_time_is_up) {
    const RunningServer server{Echo{}, {.body_timeout = kSoon}};
    for (const std::string& bytes :
         {std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"),
          chunked("5\r\nab")}) {
        RawClient client(server.port());
        client.send(bytes);
        BOOST_TEST(client.receive()->status == 408U);
        BOOST_TEST(client.is_closed());
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_its_answer_is_dropped) {
    const RunningServer server{
        [](gateway::Request request) -> gateway::net::awaitable<Response> {
            const std::size_t size = request.path == "/large" ? 30'000'000 : 1;
            co_return Response{.status = 200, .body = std::string(size, 'x')};
        },
        {.connections_max = 1, .write_timeout = kSoon}};
    const RawClient client(server.port());
    client.send(get("/large"));
    BOOST_TEST(answers_at_last(server.port()));
}

BOOST_AUTO_TEST_CASE(a_connection_over_the_limit_is_turned_away_until_another_ends) {
    const RunningServer server{Echo{}, {.connections_max = 1}};
    {
        RawClient first(server.port());
        first.send(get("/"));
        BOOST_TEST(first.receive()->status == 200U);
        RawClient second(server.port());
        const auto response = second.receive();
        BOOST_TEST_REQUIRE(response.has_value());
        BOOST_TEST(response->status == 503U);
        BOOST_TEST(!response->header("Retry-After").empty());
        BOOST_TEST(second.is_closed());
    }
    BOOST_TEST(answers_at_last(server.port()));
}

BOOST_AUTO_TEST_CASE(many_broken_clients_leave_the_server_answering) {
    const RunningServer server{Echo{}, {}, 2};
    for (int i = 0; i < 200; ++i) {
        const RawClient client(server.port());
        const std::string whole = post("/", std::string(200, 'x'));
        client.send(std::string_view(whole).substr(0, static_cast<std::size_t>(i)));
    }
    BOOST_TEST(answers(server.port()));
}

BOOST_AUTO_TEST_SUITE_END()

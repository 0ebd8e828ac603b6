#include "gateway/server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <string>
#include <vector>

#include "tests/gateway/running_server.hpp"

namespace {

using gateway::Request;
using gateway::Response;
using test_support::Echo;
using test_support::get;
using test_support::post;
using test_support::RawClient;
using test_support::RunningServer;

namespace net = gateway::net;

// A request that is answered only when the test says so.
struct Gate {
    std::promise<void> entered;
    std::atomic<bool> open{false};

    static net::awaitable<Response> hold(std::shared_ptr<Gate> gate) {
        gate->entered.set_value();
        net::steady_timer timer(co_await net::this_coro::executor);
        while (!gate->open) {
            timer.expires_after(std::chrono::milliseconds(1));
            co_await timer.async_wait(net::use_awaitable);
        }
        co_return Response{.status = 200, .body = "\"held\""};
    }
};

net::awaitable<Response> throwing(Request request) {
    if (request.path == "/fine") co_return Response{.status = 200, .body = "{}"};
    throw std::runtime_error("a secret: " + request.body);
}

net::awaitable<Response> of_size(Request request) {
    co_return Response{.status = 200, .body = std::string(std::stoul(request.query), 'x')};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(a_request_reaches_the_handler_and_its_answer_the_client) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send(get("/a/b?c=d"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->status == 200U);
    BOOST_TEST(response->body == "GET /a/b c=d ");
    BOOST_TEST(response->header("X-Content-Type-Options") == "nosniff");
    BOOST_TEST(response->header("Cache-Control") == "no-store");
}

BOOST_AUTO_TEST_CASE(every_method_that_is_served_reaches_the_handler) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        client.send(method + " /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb");
        BOOST_TEST(client.receive()->body == method + " /m  b");
    }
    client.send("DELETE /m HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(client.receive()->body == "DELETE /m  ");
}

BOOST_AUTO_TEST_CASE(header_names_are_lower_cased_and_values_trimmed) {
    const RunningServer server{[](Request request) -> net::awaitable<Response> {
        co_return Response{.body = std::string(request.header("x-thing").value_or("absent"))};
    }};
    RawClient client(server.port());
    client.send(get("/", "X-THING: \t two words  \r\n"));
    BOOST_TEST(client.receive()->body == "two words");
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_for_the_next_request) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    for (int i = 0; i < 5; ++i) {
        client.send(post("/p", "body" + std::to_string(i)));
        BOOST_TEST(client.receive()->body == "POST /p  body" + std::to_string(i));
    }
}

BOOST_AUTO_TEST_CASE(a_request_that_arrives_byte_by_byte_is_understood) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    for (const char c : post("/slow", "abc")) client.send({&c, 1});
    BOOST_TEST(client.receive()->body == "POST /slow  abc");
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    std::string all;
    for (int i = 0; i < 100; ++i) all += post("/" + std::to_string(i), std::string(100, 'b'));
    client.send(all);
    for (int i = 0; i < 100; ++i) {
        const auto response = client.receive();
        BOOST_TEST_REQUIRE(response.has_value());
        BOOST_TEST(response->body.starts_with("POST /" + std::to_string(i) + " "));
    }
}

BOOST_AUTO_TEST_CASE(a_head_request_gets_the_head_of_the_get) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next"));
    const auto response = client.receive(true);
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->header("Content-Length") ==
               std::to_string(std::string("GET /x  ").size()));
    BOOST_TEST(client.receive()->body == "GET /next  ");
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_joined_and_the_next_request_found_behind_it) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send(
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n" +
        get("/next"));
    BOOST_TEST(client.receive()->body == "POST /c  hello world");
    BOOST_TEST(client.receive()->body == "GET /next  ");
}

BOOST_AUTO_TEST_CASE(bodies_up_to_the_limit_arrive_whole_either_way) {
    const gateway::Limits limits;
    const RunningServer server{Echo{}, limits};
    RawClient client(server.port());
    std::string body(limits.body_bytes_max, 'a');
    for (std::size_t i = 0; i < body.size(); i += 97) body[i] = static_cast<char>('b' + i % 20);
    client.send(post("/", body));
    BOOST_TEST((client.receive()->body == "POST /  " + body));
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n70000\r\n" + body +
                "\r\n0\r\n\r\n");
    BOOST_TEST((client.receive()->body == "POST /  " + body));
}

BOOST_AUTO_TEST_CASE(a_large_answer_is_sent_whole_to_a_client_that_reads_late) {
    const RunningServer server{of_size};
    RawClient client(server.port());
    client.send(get("/?30000000") + get("/?1"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->body.size() == 30'000'000U);
    BOOST_TEST(client.receive()->body == "x");
}

BOOST_AUTO_TEST_CASE(http_1_0_closes_unless_asked_not_to) {
    const RunningServer server{Echo{}};
    RawClient closing(server.port());
    closing.send("GET /old HTTP/1.0\r\n\r\n");
    BOOST_TEST(closing.receive()->header("Connection") == "close");
    BOOST_TEST(closing.is_closed());
    RawClient kept(server.port());
    kept.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(kept.receive()->header("Connection") == "keep-alive");
    kept.send(get("/again"));
    BOOST_TEST(kept.receive()->body == "GET /again  ");
}

BOOST_AUTO_TEST_CASE(a_client_that_says_close_gets_its_answer_and_the_end) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send(get("/", "Connection: close\r\n") + get("/never"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->header("Connection") == "close");
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_half_closed_client_still_gets_its_answer) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send(get("/last"));
    client.finish_sending();
    BOOST_TEST(client.receive()->body == "GET /last  ");
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(one_blank_line_before_a_request_is_passed_over) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send("\r\n" + post("/", "x") + "\r\n");
    BOOST_TEST(client.receive()->body == "POST /  x");
    client.send(get("/2"));
    BOOST_TEST(client.receive()->body == "GET /2  ");
    client.send("\r\n\r\n" + get("/3"));
    BOOST_TEST(client.receive()->status == 400U);
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_leave_to_send_gets_it) {
    const RunningServer server{Echo{}};
    RawClient client(server.port());
    client.send("POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    BOOST_TEST(client.receive()->status == 100U);
    client.send("ok");
    BOOST_TEST(client.receive()->body == "POST /e  ok");
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_is_answered_500_without_its_text) {
    const RunningServer server{throwing};
    RawClient client(server.port());
    client.send(post("/", "personal"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->status == 500U);
    BOOST_TEST(response->header("Content-Type") == "application/problem+json");
    BOOST_TEST(!response->body.contains("secret"));
    BOOST_TEST(!response->body.contains("personal"));
    client.send(get("/fine"));
    BOOST_TEST(client.receive()->status == 200U);
}

BOOST_AUTO_TEST_CASE(a_handler_cannot_break_the_head_of_its_answer) {
    const RunningServer server{[](Request request) -> net::awaitable<Response> {
        Response response{.status = 200, .body = "{}"};
        response.headers.emplace_back("X-Echo", request.query + "\r\nSet-Cookie: a=b");
        co_return response;
    }};
    RawClient client(server.port());
    client.send(get("/?q"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->status == 500U);
    BOOST_TEST(response->header("Set-Cookie").empty());
}

BOOST_AUTO_TEST_CASE(connections_are_served_on_several_threads) {
    const RunningServer server{Echo{}, {}, 3};
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 9; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
    for (const auto& client : clients) client->send(get("/"));
    for (const auto& client : clients) BOOST_TEST(client->receive()->status == 200U);
}

BOOST_AUTO_TEST_CASE(stopping_lets_a_running_request_finish_and_closes_the_others) {
    const auto gate = std::make_shared<Gate>();
    RunningServer server{[gate](const Request&) { return Gate::hold(gate); }, {}, 2};
    RawClient busy(server.port());
    busy.send(get("/"));
    gate->entered.get_future().wait();
    // One beside it on each thread: once both are closed each thread knows.
    RawClient idle(server.port());
    RawClient idle_too(server.port());

    server.ask_to_stop();
    BOOST_TEST(idle.is_closed());
    BOOST_TEST(idle_too.is_closed());
    gate->open = true;
    const auto response = busy.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->body == "\"held\"");
    BOOST_TEST(response->header("Connection") == "close");
    server.stop();
    BOOST_TEST(busy.is_closed());
}

BOOST_AUTO_TEST_CASE(stopping_does_not_wait_for_ever_for_a_request) {
    const auto gate = std::make_shared<Gate>();
    RunningServer server{[gate](const Request&) { return Gate::hold(gate); },
                         {.stop_timeout = std::chrono::milliseconds(50)}};
    const RawClient busy(server.port());
    busy.send(get("/"));
    gate->entered.get_future().wait();
    server.stop();
    BOOST_TEST(!gate->open);
}

BOOST_AUTO_TEST_CASE(stopping_before_running_ends_the_run_at_once) {
    const auto server = gateway::Server::listen({}, Echo{});
    BOOST_TEST_REQUIRE(server.has_value());
    (*server)->stop();
    (*server)->run();
    BOOST_TEST((*server)->port() != 0U);
}

BOOST_AUTO_TEST_CASE(an_address_in_use_and_one_that_is_none_are_told_apart) {
    const RunningServer server{Echo{}};
    const auto taken = gateway::Server::listen({.port = server.port()}, Echo{});
    BOOST_TEST_REQUIRE(!taken.has_value());
    BOOST_TEST((taken.error().code == events::Errc::kInUse));
    const auto nonsense = gateway::Server::listen({.address = "nowhere"}, Echo{});
    BOOST_TEST_REQUIRE(!nonsense.has_value());
    BOOST_TEST((nonsense.error().code == events::Errc::kInvalidArgument));
    BOOST_TEST(!gateway::Server::listen({.threads = 0}, Echo{}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

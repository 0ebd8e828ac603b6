#include "gateway/client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "tests/gateway/running_server.hpp"

namespace {

using events::Errc;
using gateway::Client;
using gateway::parse_url;
using gateway::Response;
using std::chrono::milliseconds;
using test_support::Echo;
using test_support::RunningServer;

gateway::Url url_of(std::uint16_t port) {
    return {.host = "127.0.0.1", .port = std::to_string(port)};
}

// A listening socket nobody accepts from: connections open, answers never come.
class DeafServer {
  public:
    DeafServer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) { ::listen(fd_, 8); }
    ~DeafServer() { ::close(fd_); }
    DeafServer(const DeafServer&) = delete;
    DeafServer& operator=(const DeafServer&) = delete;

    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in at{};
        socklen_t size = sizeof(at);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        return ntohs(at.sin_port);
    }
    // Accepts one connection, lets a request come and closes without an answer.
    void hang_up_once() const {
        const int connection = ::accept(fd_, nullptr, nullptr);
        std::string some(1000, '\0');
        [[maybe_unused]] const auto got = ::recv(connection, some.data(), some.size(), 0);
        ::close(connection);
    }

  private:
    int fd_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client)

BOOST_AUTO_TEST_CASE(a_url_is_scheme_host_and_port) {
    BOOST_TEST(parse_url("http://127.0.0.1:8080")->port == "8080");
    BOOST_TEST(parse_url("http://localhost/")->host == "localhost");
    BOOST_TEST(parse_url("http://localhost")->port == "80");
    BOOST_TEST(!parse_url("http://localhost")->tls);
    BOOST_TEST(parse_url("https://localhost")->tls);
    BOOST_TEST(parse_url("https://localhost")->port == "443");
    BOOST_TEST(parse_url("https://localhost:8443/")->port == "8443");
    BOOST_TEST(parse_url("http://[::1]:90/")->host == "[::1]");
    BOOST_TEST(parse_url("http://[::1]:90/")->port == "90");
    for (const std::string_view bad : {"",
                                       "localhost:80",
                                       "ftp://localhost",
                                       "https://",
                                       "https://a/path",
                                       "http://",
                                       "http:///",
                                       "http://a:",
                                       "http://a:b",
                                       "http://a:70000",
                                       "http://a/path",
                                       "http://a b",
                                       "http://user@a",
                                       "http://[::1",
                                       "http://a\r\nX: y"}) {
        BOOST_TEST_CONTEXT("url: " << bad) {
            const auto url = parse_url(bad);
            BOOST_TEST_REQUIRE(!url.has_value());
            BOOST_TEST((url.error().code == Errc::kInvalidArgument));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_request_is_sent_and_its_answer_taken_apart) {
    const RunningServer server{[](gateway::Request request) -> gateway::net::awaitable<Response> {
        Response response{.status = 201, .body = request.method + ' ' + request.body};
        response.headers.emplace_back("X-Key", *request.header("idempotency-key"));
        co_return response;
    }};
    Client client(url_of(server.port()));
    for (const std::string key : {"one", "two"}) {
        const auto response = client.request("POST", "/x", {{"Idempotency-Key", key}}, "body");
        BOOST_TEST_REQUIRE(response.has_value());
        BOOST_TEST(response->status == 201U);
        BOOST_TEST(response->body == "POST body");
        BOOST_TEST(response->header("x-key") == key);
        BOOST_TEST(response->header("x-absent").empty());
    }
}

BOOST_AUTO_TEST_CASE(a_head_answer_has_no_body_to_wait_for) {
    const RunningServer server{Echo{}};
    Client client(url_of(server.port()));
    const auto head = client.request("HEAD", "/", {}, "");
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->body.empty());
    BOOST_TEST(client.request("GET", "/", {}, "")->body == "GET /  ");
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_closed_is_opened_again) {
    const Echo echo;
    const RunningServer server{echo, {.idle_timeout = milliseconds(40)}};
    Client client(url_of(server.port()));
    BOOST_TEST_REQUIRE(client.request("POST", "/1", {}, "a").has_value());
    test_support::RawClient clock(server.port());
    clock.send(test_support::get("/"));
    BOOST_TEST(clock.receive().has_value());
    BOOST_TEST(clock.is_closed());  // so the client's connection, idle for longer, is closed too
    const auto again = client.request("POST", "/2", {}, "b");
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(again->body == "POST /2  b");
    BOOST_TEST(*echo.calls == 3);
}

BOOST_AUTO_TEST_CASE(a_server_that_restarted_is_found_again) {
    std::optional<RunningServer> server(std::in_place, Echo{});
    const std::uint16_t port = server->port();
    Client client(url_of(port));
    BOOST_TEST_REQUIRE(client.request("GET", "/1", {}, "").has_value());
    server.reset();
    const auto gone = client.request("GET", "/2", {}, "");
    BOOST_TEST_REQUIRE(!gone.has_value());
    BOOST_TEST((gone.error().code == Errc::kUnavailable));
    server.emplace(Echo{}, gateway::Limits{}, 1, port);
    BOOST_TEST(client.request("GET", "/3", {}, "")->body == "GET /3  ");
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_up_on_a_new_connection_is_not_asked_twice) {
    const DeafServer server;
    Client client(url_of(server.port()), milliseconds(5'000));
    std::thread hangs_up([&] { server.hang_up_once(); });
    const auto response = client.request("POST", "/", {}, "x");
    hangs_up.join();
    BOOST_TEST_REQUIRE(!response.has_value());
    BOOST_TEST((response.error().code == Errc::kUnavailable));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_is_not_waited_for_longer_than_said) {
    const DeafServer server;
    Client client(url_of(server.port()), milliseconds(50));
    const auto start = std::chrono::steady_clock::now();
    const auto response = client.request("GET", "/", {}, "");
    BOOST_TEST_REQUIRE(!response.has_value());
    BOOST_TEST((response.error().code == Errc::kUnavailable));
    const auto took = std::chrono::steady_clock::now() - start;
    BOOST_TEST((took >= milliseconds(50)));
    BOOST_TEST((took < milliseconds(5'000)));
}

BOOST_AUTO_TEST_CASE(what_would_break_the_request_is_not_sent) {
    const Echo echo;
    const RunningServer server{echo};
    Client client(url_of(server.port()));
    BOOST_TEST(!client.request("GET", "/\r\nX: y", {}, "").has_value());
    BOOST_TEST(!client.request("GET", "no-slash", {}, "").has_value());
    BOOST_TEST(!client.request("G T", "/", {}, "").has_value());
    BOOST_TEST(!client.request("GET", "/", {{"X", "a\r\nY: b"}}, "").has_value());
    BOOST_TEST(!client.request("GET", "/", {{"X\r\n", "a"}}, "").has_value());
    BOOST_TEST(*echo.calls == 0);
}

BOOST_AUTO_TEST_SUITE_END()

#include "gateway/http_upgrade.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "tests/gateway/live_app.hpp"
#include "tests/gateway/raw_websocket.hpp"
#include "tests/gateway/running_server.hpp"

namespace {

using test_support::Echo;
using test_support::get;
using test_support::LiveApp;
using test_support::RawClient;
using test_support::RunningServer;
using test_support::websocket_request;

struct Live {
    LiveApp app;
    RunningServer server{gateway::ServerOptions{.live = app.routes()}, Echo{}};

    // The answer to those bytes.
    [[nodiscard]] test_support::RawResponse answer(const std::string& bytes) const {
        RawClient client(server.port());
        client.send(bytes);
        return client.receive().value();
    }
};

std::string replaced(std::string text, std::string_view part, std::string_view by) {
    const auto at = text.find(part);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), by);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_upgrade)

BOOST_AUTO_TEST_CASE(a_proper_handshake_is_accepted) {
    Live live;
    const auto response =
        live.answer(websocket_request("/live?ticket=t", "Origin: https://a.example\r\n"));
    BOOST_TEST(response.status == 101U);
    BOOST_TEST(response.header("Upgrade") == "websocket");
    BOOST_TEST(response.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    BOOST_TEST(response.header("Sec-WebSocket-Extensions").empty());
    BOOST_TEST_REQUIRE(live.app.sink() != nullptr);
    const auto request = live.app.requests().front();
    BOOST_TEST(request.query == "ticket=t");
    BOOST_TEST(request.header("origin").value() == "https://a.example");
    BOOST_TEST((request.peer == gateway::PeerAddress::parse("127.0.0.1")));
    BOOST_TEST(!request.secure);
}

BOOST_AUTO_TEST_CASE(lists_and_letter_case_are_no_obstacle) {
    const Live live;
    const std::string request = replaced(
        replaced(
            websocket_request("/live"), "Connection: Upgrade", "connection: keep-alive, UPGRADE"),
        "Upgrade: websocket",
        "UPGRADE: h2c, WebSocket");
    BOOST_TEST(live.answer(request).status == 101U);
}

BOOST_AUTO_TEST_CASE(compression_is_not_agreed_to) {
    const Live live;
    const auto response =
        live.answer(websocket_request("/live", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    BOOST_TEST(response.status == 101U);
    BOOST_TEST(response.header("Sec-WebSocket-Extensions").empty());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_none_is_refused_with_400) {
    Live live;
    const std::string good = websocket_request("/live");
    const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (const std::string& request :
         {replaced(good, "Connection: Upgrade", "Connection: keep-alive"),
          replaced(good, "Connection: Upgrade\r\n", ""),
          replaced(good, key, ""),
          replaced(good, key, key + key),
          replaced(good, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"),
          replaced(good, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQAA"),
          replaced(good, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZSE_=="),
          replaced(good, "dGhlIHNhbXBsZSBub25jZQ==", ""),
          replaced(good, "HTTP/1.1", "HTTP/1.0"),
          replaced(good, "Host: localhost\r\n", "Host: localhost\r\nContent-Length: 1\r\n") +
              "x"}) {
        const auto response = live.answer(request);
        BOOST_TEST_CONTEXT(request) {
            BOOST_TEST(response.status == 400U);
            BOOST_TEST(response.body.contains("\"bad-websocket-handshake\""));
        }
    }
    BOOST_TEST(live.app.requests().empty());
}

BOOST_AUTO_TEST_CASE(another_version_is_told_which_one_is_spoken) {
    const Live live;
    for (const std::string version : {"8", "14", "13, 8", ""}) {
        const auto response = live.answer(replaced(websocket_request("/live"),
                                                   "Sec-WebSocket-Version: 13",
                                                   "Sec-WebSocket-Version: " + version));
        BOOST_TEST(response.status == 426U);
        BOOST_TEST(response.header("Sec-WebSocket-Version") == "13");
    }
}

BOOST_AUTO_TEST_CASE(what_the_application_refuses_gets_its_answer_and_may_ask_again) {
    const Live live;
    RawClient client(live.server.port());
    client.send(websocket_request("/live", "Origin: https://foreign.example\r\n"));
    const auto refused = client.receive();
    BOOST_TEST_REQUIRE(refused.has_value());
    BOOST_TEST(refused->status == 403U);
    BOOST_TEST(refused->body == "\"foreign\"");
    client.send(get("/next"));
    BOOST_TEST(client.receive()->body == "GET /next  ");
}

BOOST_AUTO_TEST_CASE(an_application_that_throws_is_answered_500) {
    const RunningServer server(
        {.live =
             {{"/live",
               [](const gateway::Request&, const std::shared_ptr<gateway::LiveSink>&)
                   -> std::expected<std::shared_ptr<gateway::LiveConnection>, gateway::Response> {
                   throw std::runtime_error("a secret");
               }}}},
        Echo{});
    RawClient client(server.port());
    client.send(websocket_request("/live"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->status == 500U);
    BOOST_TEST(!response->body.contains("secret"));
}

BOOST_AUTO_TEST_CASE(every_other_request_goes_to_the_handler) {
    const Live live;
    BOOST_TEST(live.answer(get("/live")).body == "GET /live  ");
    BOOST_TEST(live.answer(websocket_request("/other")).body == "GET /other  ");
    BOOST_TEST(live.answer(websocket_request("/live/")).body == "GET /live/  ");
    BOOST_TEST(live.answer(replaced(websocket_request("/live"), "GET", "DELETE")).body ==
               "DELETE /live  ");
    BOOST_TEST(live.answer(get("/live", "Upgrade: h2c\r\n")).body == "GET /live  ");
}

BOOST_AUTO_TEST_SUITE_END()

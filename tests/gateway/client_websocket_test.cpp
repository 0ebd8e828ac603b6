#include "gateway/client_websocket.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "tests/gateway/certificate.hpp"
#include "tests/gateway/live_app.hpp"
#include "tests/gateway/running_server.hpp"
#include "tests/support/temp_dir.hpp"

// The client against our server: its protocol is Beast's on both sides, its transport is not.
namespace {

using events::Errc;
using gateway::WebSocketClient;
using std::chrono::milliseconds;
using test_support::echo;
using test_support::Echo;
using test_support::frame_of;
using test_support::kPatience;
using test_support::LiveApp;
using test_support::RunningServer;
using Kind = WebSocketClient::Received::Kind;

struct Live {
    explicit Live(bool tls = false) : tls_(tls) {}

    [[nodiscard]] events::Result<WebSocketClient> open(const std::string& target = "/live",
                                                       const gateway::HeaderFields& headers = {}) {
        return WebSocketClient::open(
            {.host = "127.0.0.1", .port = std::to_string(server.port()), .tls = tls_},
            target,
            headers,
            {.timeout = kPatience, .trust = {.certificate = certificate.pem()}});
    }

    bool tls_;
    test_support::TempDir folder;
    test_support::TestCertificate certificate{folder.path()};
    LiveApp app{echo};
    RunningServer server{
        gateway::ServerOptions{.tls = tls_ ? std::optional(certificate.files()) : std::nullopt,
                               .live = app.routes()},
        Echo{}};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_websocket)

BOOST_AUTO_TEST_CASE(texts_go_both_ways_plain_and_over_tls) {
    for (const bool tls : {false, true}) {
        Live live(tls);
        auto client = live.open();
        BOOST_TEST_REQUIRE(client.has_value());
        for (const std::size_t size : {0U, 1U, 200U, 65'536U}) {
            BOOST_TEST(client->send(std::string(size, 'x')).has_value());
            const auto received = client->read(kPatience);
            BOOST_TEST((received.kind == Kind::kText));
            BOOST_TEST((received.text == std::string(size, 'x')));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_did_not_come_in_time_comes_later) {
    Live live;
    auto client = live.open();
    BOOST_TEST_REQUIRE(client.has_value());
    BOOST_TEST((client->read(milliseconds(20)).kind == Kind::kNothing));
    live.app.sink()->send(frame_of("late"));
    BOOST_TEST(client->read(kPatience).text == "late");
}

BOOST_AUTO_TEST_CASE(a_text_may_be_sent_while_a_read_has_nothing_yet) {
    Live live;
    auto client = live.open();
    BOOST_TEST_REQUIRE(client.has_value());
    BOOST_TEST((client->read(milliseconds(1)).kind == Kind::kNothing));
    BOOST_TEST(client->send("now").has_value());
    BOOST_TEST(client->read(kPatience).text == "now");
}

BOOST_AUTO_TEST_CASE(fields_and_target_reach_the_server) {
    Live live;
    const auto client = live.open("/live?ticket=t", {{"Origin", "https://a.example"}});
    BOOST_TEST_REQUIRE(client.has_value());
    const auto request = live.app.requests().front();
    BOOST_TEST(request.query == "ticket=t");
    BOOST_TEST(request.header("origin").value() == "https://a.example");
}

BOOST_AUTO_TEST_CASE(a_refusal_tells_its_status) {
    Live live;
    const auto refused = live.open("/live", {{"Origin", "https://foreign.example"}});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::kUnavailable));
    BOOST_TEST(refused.error().detail.contains("403"));
    BOOST_TEST(live.open("/other").error().detail.contains("200"));
    BOOST_TEST((live.open("no-slash").error().code == Errc::kInvalidArgument));
    BOOST_TEST((live.open("/live", {{"a b", "c"}}).error().code == Errc::kInvalidArgument));
}

BOOST_AUTO_TEST_CASE(a_close_that_the_server_answers_is_done_plain_and_over_tls) {
    for (const bool tls : {false, true}) {
        Live live(tls);
        auto client = live.open();
        BOOST_TEST_REQUIRE(client.has_value());
        const auto closed = client->close(gateway::close_code::kNormal);
        BOOST_TEST(closed.has_value(), (closed ? "" : closed.error().detail));
        BOOST_TEST(live.app.wait_for_closed(1));
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_says_1001) {
    Live live(true);
    auto client = live.open();
    BOOST_TEST_REQUIRE(client.has_value());
    live.server.ask_to_stop();
    const auto received = client->read(kPatience);
    BOOST_TEST((received.kind == Kind::kClosed));
    BOOST_TEST(received.close_code == 1001U);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_unavailable) {
    std::uint16_t port = 0;
    {
        const Live live;
        port = live.server.port();
    }
    const auto client =
        WebSocketClient::open({.host = "127.0.0.1", .port = std::to_string(port)}, "/live", {}, {});
    BOOST_TEST_REQUIRE(!client.has_value());
    BOOST_TEST((client.error().code == Errc::kUnavailable));
}

BOOST_AUTO_TEST_SUITE_END()

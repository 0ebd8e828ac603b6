#include "gateway/websocket.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>
#include <vector>

#include "tests/gateway/certificate.hpp"
#include "tests/gateway/live_app.hpp"
#include "tests/gateway/raw_websocket.hpp"
#include "tests/gateway/running_server.hpp"
#include "tests/support/temp_dir.hpp"

// What travels once a WebSocket is open; the opening is in http_upgrade_test, limits and ends are
// in websocket_limits_test.
namespace {

using gateway::Limits;
using test_support::close_payload;
using test_support::echo;
using test_support::Echo;
using test_support::frame_bytes;
using test_support::frame_of;
using test_support::kBinary;
using test_support::kClose;
using test_support::kContinuation;
using test_support::kPing;
using test_support::kPong;
using test_support::kText;
using test_support::LiveApp;
using test_support::RawWebSocket;
using test_support::RunningServer;
using test_support::websocket_request;

// A server whose /live is that app.
struct Live {
    explicit Live(LiveApp::OnFrame on_frame = echo, Limits limits = {}, int threads = 1)
        : app(std::move(on_frame)),
          server({.threads = threads, .limits = limits, .live = app.routes()}, Echo{}) {}

    [[nodiscard]] std::uint16_t port() const { return server.port(); }

    LiveApp app;
    RunningServer server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket)

BOOST_AUTO_TEST_CASE(frames_go_both_ways_in_order) {
    Live live;
    RawWebSocket client(live.port());
    for (int i = 0; i < 20; ++i) client.send_text("frame " + std::to_string(i));
    for (int i = 0; i < 20; ++i) BOOST_TEST(client.receive_text() == "frame " + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(frames_of_every_length_arrive_whole) {
    Live live;
    RawWebSocket client(live.port());
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 4096U, 16'384U, 65'535U, 65'536U}) {
        const std::string text(size, 'x');
        client.send_text(text);
        const auto frame = client.receive();
        BOOST_TEST_REQUIRE(frame.has_value());
        BOOST_TEST(frame->opcode == kText);
        BOOST_TEST(!frame->masked);
        BOOST_TEST((frame->payload == text), size);
    }
}

BOOST_AUTO_TEST_CASE(frames_pass_over_tls) {
    const test_support::TempDir folder;
    const test_support::TestCertificate certificate(folder.path());
    LiveApp app(echo);
    const RunningServer server({.tls = certificate.files(), .live = app.routes()}, Echo{});
    RawWebSocket client(server.port(), {.trusted = certificate.pem()});
    for (const std::size_t size : {1U, 20'000U, 65'536U}) {
        client.send_text(std::string(size, 'y'));
        BOOST_TEST((client.receive_text() == std::string(size, 'y')));
    }
    BOOST_TEST(app.requests().front().secure);
}

BOOST_AUTO_TEST_CASE(what_is_sent_while_accepting_comes_behind_the_handshake) {
    LiveApp app;
    auto routes = app.routes();
    const gateway::LiveUpgrade accept = routes.at("/live");
    routes.at("/live") = [&](const gateway::Request& request, LiveApp::Sink sink) {
        sink->send(frame_of("first"));
        return accept(request, std::move(sink));
    };
    const RunningServer server({.live = routes}, Echo{});
    RawWebSocket client(server.port());
    BOOST_TEST(client.receive_text() == "first");
}

BOOST_AUTO_TEST_CASE(frames_sent_with_the_opening_request_are_not_lost) {
    Live live;
    test_support::RawClient client(live.port());
    client.send(websocket_request("/live") + frame_bytes({.opcode = kText, .payload = "early"}));
    BOOST_TEST(client.receive()->status == 101U);
    BOOST_TEST(client.receive_bytes(7) ==
               "\x81\x05"
               "early");
}

BOOST_AUTO_TEST_CASE(a_frame_that_arrives_byte_by_byte_is_understood) {
    Live live;
    RawWebSocket client(live.port());
    for (const char c : frame_bytes({.opcode = kText, .payload = "slow"})) {
        client.client().send({&c, 1});
    }
    BOOST_TEST(client.receive_text() == "slow");
}

BOOST_AUTO_TEST_CASE(a_message_in_fragments_is_joined_around_control_frames) {
    Live live;
    RawWebSocket client(live.port());
    client.send(kText, "one ", false);
    client.send(kPing, "between");
    client.send(kContinuation, "", false);
    client.send(kContinuation, "two");
    const auto pong = client.receive();
    BOOST_TEST_REQUIRE(pong.has_value());
    BOOST_TEST(pong->opcode == kPong);
    BOOST_TEST(pong->payload == "between");
    BOOST_TEST(client.receive_text() == "one two");
}

BOOST_AUTO_TEST_CASE(a_character_may_be_cut_by_fragments) {
    Live live;
    RawWebSocket client(live.port());
    client.send(kText, "\xE2\x82", false);
    client.send(kContinuation, "\xAC");
    BOOST_TEST(client.receive_text() == "\xE2\x82\xAC");
}

BOOST_AUTO_TEST_CASE(a_binary_message_closes_with_1003) {
    Live live;
    RawWebSocket client(live.port());
    client.send(kBinary, "bytes");
    BOOST_TEST(client.receive_close() == 1003U);
    client.send(kClose, close_payload(1003));
    BOOST_TEST(client.client().is_closed());
    BOOST_TEST(live.app.wait_for_closed(1));
    BOOST_TEST(live.app.frames().empty());
}

BOOST_AUTO_TEST_CASE(text_that_is_no_utf8_closes_with_1007) {
    for (const std::string text :
         {"\xC3\x28", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xC0\x80", "\xE2\x82"}) {
        Live live;
        RawWebSocket client(live.port());
        client.send_text("fine");
        client.send_text(text);
        BOOST_TEST(client.receive_text() == "fine");
        BOOST_TEST(client.receive_close() == 1007U);
        BOOST_TEST(live.app.wait_for_closed(1));
        BOOST_TEST(live.app.frames().size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(what_breaks_the_protocol_closes_with_1002) {
    const std::string unmasked = frame_bytes({.opcode = kText, .masked = false, .payload = "x"});
    const std::string reserved_bit = "\xC1\x80\x01\x02\x03\x04";
    const std::string reserved_opcode = frame_bytes({.opcode = 3});
    const std::string lone_continuation = frame_bytes({.opcode = kContinuation});
    const std::string cut_ping = frame_bytes({.opcode = kPing, .final = false});
    const std::string long_ping = frame_bytes({.opcode = kPing, .payload = std::string(126, 'p')});
    const std::string two_at_once =
        frame_bytes({.opcode = kText, .final = false}) + frame_bytes({.opcode = kText});
    const std::string bad_close = frame_bytes({.opcode = kClose, .payload = close_payload(1005)});
    const std::string half_a_code = frame_bytes({.opcode = kClose, .payload = "x"});
    for (const std::string& bytes : {unmasked,
                                     reserved_bit,
                                     reserved_opcode,
                                     lone_continuation,
                                     cut_ping,
                                     long_ping,
                                     two_at_once,
                                     bad_close,
                                     half_a_code}) {
        Live live;
        RawWebSocket client(live.port());
        client.client().send(bytes);
        BOOST_TEST(client.receive_close() == 1002U);
        client.client().finish_sending();
        BOOST_TEST(client.client().is_closed());
        BOOST_TEST(live.app.wait_for_closed(1));
        BOOST_TEST(live.app.frames().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_close_is_answered_in_kind_and_ends_the_connection) {
    Live live;
    RawWebSocket client(live.port());
    client.send(kClose, close_payload(4001, "bye"));
    BOOST_TEST(client.receive_close() == 4001U);
    BOOST_TEST(client.client().is_closed());
    BOOST_TEST(live.app.wait_for_closed(1));
    RawWebSocket wordless(live.port());
    wordless.send(kClose, "");
    BOOST_TEST(wordless.receive_close() == 1000U);
    BOOST_TEST(live.app.wait_for_closed(2));
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_is_told_to_the_application_once) {
    Live live;
    {
        RawWebSocket client(live.port());
        client.send_text("here");
        BOOST_TEST(client.receive_text() == "here");
    }
    BOOST_TEST(live.app.wait_for_closed(1));
    BOOST_TEST(!live.app.sink()->send(frame_of("late")));
    live.server.stop();
    BOOST_TEST(live.app.closed() == 1U);
}

BOOST_AUTO_TEST_CASE(the_application_closes_behind_what_it_has_sent) {
    Live live;
    RawWebSocket client(live.port());
    const auto sink = live.app.sink();
    sink->send(frame_of("last"));
    sink->close(4002, "enough");
    sink->close(4003, "too late to change");
    BOOST_TEST(!sink->send(frame_of("never")));
    BOOST_TEST(client.receive_text() == "last");
    const auto close = client.receive();
    BOOST_TEST_REQUIRE(close.has_value());
    BOOST_TEST(close->opcode == kClose);
    BOOST_TEST(close->payload == close_payload(4002, "enough"));
    client.send(kText, "crossed the close");
    client.send(kClose, close_payload(4002));
    BOOST_TEST(client.client().is_closed());
    BOOST_TEST(live.app.wait_for_closed(1));
    BOOST_TEST(live.app.frames().empty());
}

BOOST_AUTO_TEST_CASE(a_code_that_may_not_be_sent_and_a_long_reason_are_put_right) {
    Live live;
    RawWebSocket client(live.port());
    std::string reason(122, 'r');
    reason += "\xE2\x82\xAC";
    live.app.sink()->close(1006, reason);
    const auto close = client.receive();
    BOOST_TEST_REQUIRE(close.has_value());
    BOOST_TEST(close->payload == close_payload(1011, std::string(122, 'r')));
}

BOOST_AUTO_TEST_CASE(an_application_that_throws_closes_with_1011) {
    Live live([](gateway::LiveSink&, const std::string& text) {
        if (text == "boom") throw std::runtime_error("a secret");
    });
    RawWebSocket client(live.port());
    client.send_text("boom");
    const auto close = client.receive();
    BOOST_TEST_REQUIRE(close.has_value());
    BOOST_TEST(close->close_code() == 1011U);
    BOOST_TEST(!close->payload.contains("secret"));
    RawWebSocket other(live.port());
    other.send_text("fine");
    BOOST_TEST(live.app.wait_for_frames(1));
}

// Goal: nothing is lost, doubled or out of order when several threads send to several clients.
// Method: each thread numbers its frames; each client sees each thread's numbers ascending.
BOOST_AUTO_TEST_CASE(threads_may_send_at_the_same_time) {
    constexpr int kThreads = 4;
    constexpr int kFrames = 300;
    constexpr std::size_t kClients = 6;
    Live live({}, {.live_queue_frames_max = kThreads * kFrames}, 2);
    std::vector<std::unique_ptr<RawWebSocket>> clients;
    for (std::size_t i = 0; i < kClients; ++i) {
        clients.push_back(std::make_unique<RawWebSocket>(live.port()));
    }
    std::vector<LiveApp::Sink> sinks;
    for (std::size_t i = 0; i < kClients; ++i) sinks.push_back(live.app.sink(i));
    {
        std::vector<std::jthread> senders;
        for (int thread = 0; thread < kThreads; ++thread) {
            senders.emplace_back([&sinks, thread] {
                for (int i = 0; i < kFrames; ++i) {
                    const auto frame = frame_of(std::to_string(thread) + ' ' + std::to_string(i));
                    for (const auto& sink : sinks) sink->send(frame);
                }
            });
        }
    }
    for (const auto& client : clients) {
        std::vector<int> next(kThreads, 0);
        for (int i = 0; i < kThreads * kFrames; ++i) {
            const std::string text = client->receive_text();
            BOOST_TEST_REQUIRE(text.size() > 2U);
            int& expected = next.at(static_cast<std::size_t>(text[0] - '0'));
            BOOST_TEST_REQUIRE(std::stoi(text.substr(2)) == expected++);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

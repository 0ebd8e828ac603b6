#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "gateway/server_rate.hpp"
#include "gateway/websocket.hpp"
#include "tests/gateway/certificate.hpp"
#include "tests/gateway/live_app.hpp"
#include "tests/gateway/raw_websocket.hpp"
#include "tests/gateway/running_server.hpp"
#include "tests/support/temp_dir.hpp"

// Where a WebSocket ends although nobody asked for it, and how long an end may take.
namespace {

using gateway::Limits;
using std::chrono::milliseconds;
using test_support::close_payload;
using test_support::echo;
using test_support::Echo;
using test_support::frame_of;
using test_support::kClose;
using test_support::kContinuation;
using test_support::kPing;
using test_support::kPong;
using test_support::kText;
using test_support::LiveApp;
using test_support::RawWebSocket;
using test_support::RunningServer;

constexpr milliseconds kSoon{60};
constexpr milliseconds kNever{3'600'000};

struct Live {
    explicit Live(const Limits& limits, int threads = 1)
        : server({.threads = threads, .limits = limits, .live = app.routes()}, Echo{}) {}

    [[nodiscard]] std::uint16_t port() const { return server.port(); }

    LiveApp app{echo};
    RunningServer server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_limits)

BOOST_AUTO_TEST_CASE(a_message_over_its_limit_closes_with_1009) {
    Live live({.live_message_bytes_max = 1000});
    RawWebSocket whole(live.port());
    whole.send_text(std::string(1000, 'x'));
    BOOST_TEST(whole.receive_text().size() == 1000U);
    whole.send_text(std::string(1001, 'x'));
    BOOST_TEST(whole.receive_close() == 1009U);
    RawWebSocket in_parts(live.port());
    in_parts.send(kText, std::string(600, 'x'), false);
    in_parts.send(kContinuation, std::string(600, 'x'));
    BOOST_TEST(in_parts.receive_close() == 1009U);
    BOOST_TEST(live.app.wait_for_closed(2));
}

BOOST_AUTO_TEST_CASE(a_message_of_64_kib_is_taken_and_one_byte_more_is_not) {
    Live live(Limits{});
    RawWebSocket client(live.port());
    client.send_text(std::string(65'536, 'x'));
    BOOST_TEST(client.receive_text().size() == 65'536U);
    client.send_text(std::string(65'537, 'x'));
    BOOST_TEST(client.receive_close() == 1009U);
}

BOOST_AUTO_TEST_CASE(too_many_frames_close_with_1008) {
    for (const unsigned opcode : {kText, kPing, kPong}) {
        Live live({.live_frames_per_second = 1, .live_frames_burst = 20});
        RawWebSocket client(live.port());
        for (int i = 0; i < 40; ++i) client.send(opcode, "x");
        BOOST_TEST(client.receive_close() == 1008U);
        client.client().finish_sending();
        BOOST_TEST(client.client().is_closed());
        BOOST_TEST(live.app.wait_for_closed(1));
        BOOST_TEST(live.app.frames().size() <= 20U);
    }
}

BOOST_AUTO_TEST_CASE(too_many_bytes_close_with_1008_even_as_empty_fragments) {
    Live live({.live_bytes_per_second = 1, .live_bytes_burst = 10'000});
    RawWebSocket client(live.port());
    client.send(kText, "", false);
    std::string fragments;
    for (int i = 0; i < 4000; ++i) {
        fragments += test_support::frame_bytes({.opcode = kContinuation, .final = false});
    }
    client.client().send(fragments);
    BOOST_TEST(client.receive_close() == 1008U);
    BOOST_TEST(live.app.wait_for_closed(1));
}

BOOST_AUTO_TEST_CASE(a_rate_is_kept_on_average_and_a_burst_allowed) {
    const std::chrono::steady_clock::time_point start;
    gateway::RateLimit limit(10, 3, start);
    for (int i = 0; i < 3; ++i) BOOST_TEST(limit.use(1, start));
    BOOST_TEST(!limit.use(1, start));
    gateway::RateLimit slow(10, 3, start);
    for (int i = 0; i < 100; ++i) BOOST_TEST(slow.use(1, start + milliseconds(100) * i));
    BOOST_TEST(slow.use(3, start + std::chrono::hours(1)));
    BOOST_TEST(!slow.use(1, start + std::chrono::hours(1)));
}

BOOST_AUTO_TEST_CASE(a_silent_client_is_pinged_and_kept_while_it_answers) {
    Live live({.live_ping_idle = kSoon, .live_pong_timeout = kNever});
    RawWebSocket client(live.port());
    for (int i = 0; i < 3; ++i) {
        const auto ping = client.receive();
        BOOST_TEST_REQUIRE(ping.has_value());
        BOOST_TEST(ping->opcode == kPing);
        client.send(kPong, ping->payload);
    }
    client.send_text("still here");
    BOOST_TEST(client.receive_text() == "still here");
}

BOOST_AUTO_TEST_CASE(a_client_that_answers_no_ping_is_dropped) {
    Live live({.live_ping_idle = kSoon, .live_pong_timeout = kSoon});
    RawWebSocket client(live.port());
    BOOST_TEST(client.receive()->opcode == kPing);
    BOOST_TEST(client.client().is_closed());
    BOOST_TEST(live.app.wait_for_closed(1));
}

BOOST_AUTO_TEST_CASE(a_client_that_talks_is_not_pinged) {
    Live live({.live_frames_burst = 1'000'000, .live_ping_idle = milliseconds(1'000)});
    RawWebSocket client(live.port());
    const auto until = std::chrono::steady_clock::now() + milliseconds(1'300);
    while (std::chrono::steady_clock::now() < until) {
        client.send_text("x");
        BOOST_TEST_REQUIRE(client.receive_text() == "x");
    }
}

// Goal: a slow reader costs a bounded queue, gets 1013 and hinders nobody.
// Method: frames are sent to a client that does not read until one is refused; then it reads.
BOOST_AUTO_TEST_CASE(a_client_that_reads_too_slowly_is_told_to_come_again_later) {
    Live live({.live_queue_bytes_max = 100'000, .live_close_timeout = kNever});
    RawWebSocket slow(live.port());
    const auto sink = live.app.sink();
    const auto frame = frame_of(std::string(10'000, 'x'));
    std::size_t sent = 0;
    while (sent < 100'000 && sink->send(frame)) {
        BOOST_TEST_REQUIRE(sink->queued_bytes() <= 100'000U);
        ++sent;
    }
    BOOST_TEST(sent < 100'000U);
    BOOST_TEST(sink->queued_bytes() == 0U);
    BOOST_TEST(!sink->send(frame_of("small")));
    std::size_t got = 0;
    std::optional<test_support::RawFrame> last = slow.receive();
    for (; last && last->opcode == kText; last = slow.receive()) {
        BOOST_TEST_REQUIRE(last->payload.size() == 10'000U);
        ++got;
    }
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->close_code() == 1013U);
    BOOST_TEST(got < sent);
    slow.client().finish_sending();
    BOOST_TEST(live.app.wait_for_closed(1));
}

BOOST_AUTO_TEST_CASE(too_many_queued_frames_are_an_overflow_too) {
    Live live({.live_queue_frames_max = 3});
    RawWebSocket client(live.port());
    const auto sink = live.app.sink();
    std::size_t sent = 0;
    while (sent < 10'000'000 && sink->send(frame_of("x"))) ++sent;
    BOOST_TEST(client.receive_close() == 1013U);
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_is_dropped_in_bounded_time) {
    for (const Limits& limits :
         {Limits{.live_queue_bytes_max = 100'000, .live_close_timeout = kSoon},
          Limits{.write_timeout = kSoon, .live_queue_bytes_max = 100'000'000}}) {
        Live live(limits);
        const RawWebSocket deaf(live.port());
        const auto sink = live.app.sink();
        const auto frame = frame_of(std::string(50'000, 'x'));
        for (int i = 0; i < 1000 && sink->send(frame); ++i) {
        }
        BOOST_TEST(live.app.wait_for_closed(1));
    }
}

BOOST_AUTO_TEST_CASE(a_close_that_is_not_answered_ends_in_bounded_time) {
    Live live({.live_close_timeout = kSoon});
    RawWebSocket client(live.port());
    live.app.sink()->close(1000, "");
    BOOST_TEST(client.receive_close() == 1000U);
    BOOST_TEST(client.client().is_closed());
    BOOST_TEST(live.app.wait_for_closed(1));
}

BOOST_AUTO_TEST_CASE(a_queue_may_be_large_and_reaches_a_late_reader_whole) {
    const test_support::TempDir folder;
    const test_support::TestCertificate certificate(folder.path());
    LiveApp app;
    const RunningServer server({.limits = {.live_queue_bytes_max = 100'000'000},
                                .tls = certificate.files(),
                                .live = app.routes()},
                               Echo{});
    RawWebSocket client(server.port(), {.trusted = certificate.pem()});
    const auto sink = app.sink();
    for (int i = 0; i < 800; ++i) {
        BOOST_TEST_REQUIRE(
            sink->send(frame_of(std::to_string(i) + ' ' + std::string(20'000, 'x'))));
    }
    for (int i = 0; i < 800; ++i) {
        BOOST_TEST_REQUIRE(client.receive_text().starts_with(std::to_string(i) + ' '));
    }
}

BOOST_AUTO_TEST_CASE(stopping_closes_with_1001_and_takes_no_new_ones) {
    Live live(Limits{}, 2);
    std::vector<std::unique_ptr<RawWebSocket>> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(std::make_unique<RawWebSocket>(live.port()));
    live.app.sink(3);
    live.server.ask_to_stop();
    for (const auto& client : clients) {
        BOOST_TEST(client->receive_close() == 1001U);
        client->send(kClose, close_payload(1001));
        BOOST_TEST(client->client().is_closed());
    }
    live.server.stop();
    BOOST_TEST(live.app.closed() == 4U);
    BOOST_TEST(!live.app.sink()->send(frame_of("late")));
}

BOOST_AUTO_TEST_CASE(stopping_does_not_wait_for_ever_for_a_client) {
    Live live({.stop_timeout = kSoon, .live_close_timeout = kNever});
    RawWebSocket client(live.port());
    const auto sink = live.app.sink();
    live.server.stop();
    BOOST_TEST(live.app.closed() == 1U);
    BOOST_TEST(!sink->send(frame_of("late")));
    sink->close(1000, "");
}

BOOST_AUTO_TEST_SUITE_END()

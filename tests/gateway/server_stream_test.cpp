#include "gateway/server_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/http_chunked.hpp"
#include "tests/gateway/certificate.hpp"
#include "tests/gateway/live_app.hpp"
#include "tests/gateway/running_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using gateway::Limits;
using gateway::Request;
using gateway::Response;
using std::chrono::milliseconds;
using test_support::frame_of;
using test_support::get;
using test_support::kPatience;
using test_support::RawClient;
using test_support::RunningServer;

namespace net = gateway::net;

constexpr milliseconds kSoon{60};
constexpr milliseconds kNever{3'600'000};

// A handler that streams, and what became of its only stream.
class Events {
  public:
    net::awaitable<Response> operator()(const Request&) const { return answer(state_); }

    [[nodiscard]] std::shared_ptr<gateway::LiveSink> sink() const {
        auto sink = state_->opened.get_future();
        if (sink.wait_for(kPatience) != std::future_status::ready) return nullptr;
        return sink.get();
    }
    [[nodiscard]] bool closes() const {
        return state_->closed.get_future().wait_for(kPatience) == std::future_status::ready;
    }
    [[nodiscard]] bool was_opened() const { return state_->was_opened; }

  private:
    struct State {
        std::promise<std::shared_ptr<gateway::LiveSink>> opened;
        std::promise<void> closed;  // a second on_closed would throw
        std::atomic<bool> was_opened{false};
    };
    static net::awaitable<Response> answer(std::shared_ptr<State> state) {
        co_return Response{
            .content_type = "text/event-stream",
            .stream = gateway::BodyStream{.on_open =
                                              [state](std::shared_ptr<gateway::LiveSink> sink) {
                                                  state->was_opened = true;
                                                  state->opened.set_value(std::move(sink));
                                              },
                                          .on_closed = [state] { state->closed.set_value(); }}};
    }
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

// The body in those chunks; nothing when they do not end as they should.
std::optional<std::string> joined(std::string_view chunks) {
    gateway::ChunkedDecoder decoder({.body_bytes_max = 100'000'000, .trailer_bytes_max = 100});
    std::string body;
    const auto taken = decoder.feed(chunks, body);
    if (!taken || !decoder.done() || *taken != chunks.size()) return std::nullopt;
    return body;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_stream)

BOOST_AUTO_TEST_CASE(what_is_sent_arrives_verbatim_while_the_response_goes_on) {
    const Events events;
    const RunningServer server{events};
    RawClient client(server.port());
    client.send(get("/events"));
    const auto head = client.receive();
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->status == 200U);
    BOOST_TEST(head->header("Content-Type") == "text/event-stream");
    BOOST_TEST(head->header("Transfer-Encoding") == "chunked");
    BOOST_TEST(head->header("Content-Length").empty());
    BOOST_TEST(head->header("Cache-Control") == "no-store");
    BOOST_TEST(head->header("Connection") == "close");
    const auto sink = events.sink();
    sink->send(frame_of("data: one\n\n"));
    BOOST_TEST(client.receive_bytes(16) == "b\r\ndata: one\n\n\r\n");
    sink->send(frame_of(""));
    sink->send(frame_of("data: two\n\n"));
    BOOST_TEST(client.receive_bytes(16) == "b\r\ndata: two\n\n\r\n");
    sink->close(gateway::close_code::kNormal, "");
    BOOST_TEST(client.receive_all().value_or("?") == "0\r\n\r\n");
    BOOST_TEST(events.closes());
    BOOST_TEST(!sink->send(frame_of("late")));
}

BOOST_AUTO_TEST_CASE(a_stream_passes_over_tls_and_large_frames_whole) {
    const test_support::TempDir folder;
    const test_support::TestCertificate certificate(folder.path());
    const Events events;
    const RunningServer server(
        {.limits = {.live_queue_bytes_max = 10'000'000}, .tls = certificate.files()}, events);
    RawClient client(server.port(), {.trusted = certificate.pem()});
    client.send(get("/events"));
    BOOST_TEST_REQUIRE(client.receive().has_value());
    const auto sink = events.sink();
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const std::string frame = std::to_string(i) + std::string(50'000, 'x');
        all += frame;
        BOOST_TEST_REQUIRE(sink->send(frame_of(frame)));
    }
    sink->close(gateway::close_code::kNormal, "");
    const auto chunks = client.receive_all();
    BOOST_TEST_REQUIRE(chunks.has_value());
    BOOST_TEST((joined(*chunks) == all));
    BOOST_TEST(client.was_told_goodbye());
}

BOOST_AUTO_TEST_CASE(in_http_1_0_the_body_is_what_comes_until_the_end) {
    const Events events;
    const RunningServer server{events};
    RawClient client(server.port());
    client.send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto head = client.receive();
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->header("Transfer-Encoding").empty());
    BOOST_TEST(head->header("Connection") == "close");
    const auto sink = events.sink();
    sink->send(frame_of("data: one\n\n"));
    sink->close(gateway::close_code::kNormal, "");
    BOOST_TEST(client.receive_all().value_or("?") == "data: one\n\n");
}

BOOST_AUTO_TEST_CASE(a_head_request_gets_the_head_and_opens_nothing) {
    const Events events;
    const RunningServer server{events};
    RawClient client(server.port());
    client.send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto head = client.receive(true);
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->header("Content-Length").empty());
    BOOST_TEST(!events.was_opened());
    client.send(get("/events"));
    BOOST_TEST(client.receive()->status == 200U);
    BOOST_TEST(events.sink() != nullptr);
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_away_is_told_to_the_application) {
    const Events events;
    const RunningServer server{events};
    std::shared_ptr<gateway::LiveSink> sink;
    {
        RawClient client(server.port());
        client.send(get("/events"));
        client.receive();
        sink = events.sink();
    }
    BOOST_TEST(events.closes());
    BOOST_TEST(!sink->send(frame_of("late")));
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_too_slowly_gets_no_proper_end) {
    const Events events;
    const RunningServer server{events,
                               {.live_queue_bytes_max = 100'000, .live_close_timeout = kNever}};
    RawClient client(server.port());
    client.send(get("/events"));
    BOOST_TEST_REQUIRE(client.receive().has_value());
    const auto sink = events.sink();
    sink->send(frame_of("data: one\n\n"));
    BOOST_TEST(client.receive_bytes(16) == "b\r\ndata: one\n\n\r\n");
    const auto frame = frame_of(std::string(10'000, 'x'));
    std::size_t sent = 0;
    while (sent < 100'000 && sink->send(frame)) ++sent;
    BOOST_TEST(sent < 100'000U);
    const auto chunks = client.receive_all();
    BOOST_TEST_REQUIRE(chunks.has_value());
    BOOST_TEST(!joined("b\r\ndata: one\n\n\r\n" + *chunks).has_value());
    client.finish_sending();
    BOOST_TEST(events.closes());
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_is_dropped_in_bounded_time) {
    const Events events;
    const RunningServer server{events,
                               {.write_timeout = kSoon, .live_queue_bytes_max = 100'000'000}};
    const RawClient client(server.port());
    client.send(get("/events"));
    const auto sink = events.sink();
    const auto frame = frame_of(std::string(50'000, 'x'));
    for (int i = 0; i < 1000 && sink->send(frame); ++i) {
    }
    BOOST_TEST(events.closes());
}

BOOST_AUTO_TEST_CASE(a_client_that_talks_into_its_stream_is_heard_in_bounds_only) {
    const Events events;
    const RunningServer server{events};
    const RawClient client(server.port());
    client.send(get("/events"));
    const auto sink = events.sink();
    client.send(get("/next"));
    BOOST_TEST(sink->send(frame_of("data: still open\n\n")));
    while (client.send(std::string(10'000, 'x'))) {
    }
    BOOST_TEST(events.closes());
}

BOOST_AUTO_TEST_CASE(stopping_ends_a_stream_in_order) {
    const Events events;
    RunningServer server{events};
    RawClient client(server.port());
    client.send(get("/events"));
    BOOST_TEST_REQUIRE(client.receive().has_value());
    events.sink()->send(frame_of("data: last\n\n"));
    server.ask_to_stop();
    BOOST_TEST(joined(client.receive_all().value_or("")).value_or("?") == "data: last\n\n");
    server.stop();
    BOOST_TEST(events.closes());
}

BOOST_AUTO_TEST_CASE(stopping_does_not_wait_for_ever_for_a_reader) {
    const Events events;
    RunningServer server{
        events,
        {.stop_timeout = kSoon, .live_queue_bytes_max = 100'000'000, .live_close_timeout = kNever}};
    const RawClient client(server.port());
    client.send(get("/events"));
    const auto sink = events.sink();
    const auto frame = frame_of(std::string(50'000, 'x'));
    for (int i = 0; i < 1000; ++i) sink->send(frame);
    server.stop();
    BOOST_TEST(events.closes());
}

BOOST_AUTO_TEST_CASE(a_stream_whose_opening_throws_ends_the_connection_only) {
    const RunningServer server{[](const Request& request) -> net::awaitable<Response> {
        Response response{.body = "\"fine\""};
        if (request.path == "/events") {
            response.stream =
                gateway::BodyStream{.on_open =
                                        [](const std::shared_ptr<gateway::LiveSink>&) {
                                            throw std::runtime_error("a secret");
                                        },
                                    .on_closed = {}};
        }
        return [](Response answer) -> net::awaitable<Response> { co_return answer; }(response);
    }};
    RawClient client(server.port());
    client.send(get("/events"));
    BOOST_TEST(client.receive_all().has_value());
    RawClient other(server.port());
    other.send(get("/fine"));
    BOOST_TEST(other.receive()->body == "\"fine\"");
}

BOOST_AUTO_TEST_SUITE_END()

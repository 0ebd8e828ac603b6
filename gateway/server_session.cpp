#include "gateway/server_session.hpp"

#include <algorithm>
#include <utility>

#include "gateway/http_chunked.hpp"
#include "gateway/http_upgrade.hpp"
#include "gateway/log.hpp"
#include "gateway/problem.hpp"
#include "gateway/server_outbox.hpp"
#include "gateway/server_stream.hpp"
#include "gateway/websocket.hpp"

namespace gateway {

namespace {

constexpr std::size_t kBufferBytesFirst = 4096;
// Up to here a body is copied behind its head and both go out as one buffer.
constexpr std::size_t kJoinedBodyBytesMax = 8192;
constexpr std::size_t kBodyStepBytes = std::size_t{16} * 1024;
constexpr std::size_t kLingerBytesMax = std::size_t{1024} * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr Refusal kTurnedAway{
    503, "too-many-connections", "Too many connections; try again later."};
constexpr Refusal kStopping{503, "stopping", "The server stops; connect again."};
constexpr Refusal kPlainHttp{400, "tls-required", "This port speaks HTTPS only."};
constexpr Refusal kHeadTooLarge{431, "header-too-large", "The request's header is too large."};
constexpr Refusal kHeadTooSlow{408, "header-timeout", "The request's header took too long."};
constexpr Refusal kHeadCut{400, "incomplete-request", "The connection ended within a header."};
constexpr Refusal kBodyTooLarge{
    413, "body-too-large", "The body is larger than this server takes."};
constexpr Refusal kTooManyPictures{
    503, "too-many-pictures", "Too many pictures at once; try again later."};
constexpr Refusal kBodyTooSlow{408, "body-timeout", "The request's body took too long."};
constexpr Refusal kBodyCut{400, "incomplete-request", "The connection ended within a body."};

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

Request request_of(const Head& head) {
    Request request{.method = std::string(head.method == "HEAD" ? "GET" : head.method),
                    .path = std::string(head.path),
                    .query = std::string(head.query),
                    .headers = {},
                    .body = {}};
    request.headers.reserve(head.fields.size());
    for (const Field& field : head.fields) {
        request.headers.emplace_back(lower_case(field.name), field.value);
    }
    return request;
}

bool is_picture(const Request& request) {
    return request.header("content-type").value_or("").starts_with("image/");
}

// One more of what is counted, for as long as it lives.
class Counted {
  public:
    explicit Counted(std::atomic<std::size_t>& count) : count_(count), before_(count++) {}
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    [[nodiscard]] std::size_t before() const { return before_; }

  private:
    std::atomic<std::size_t>& count_;
    const std::size_t before_;
};

Refusal refusal_in_body(ReadEnd end) {
    return end == ReadEnd::kTimedOut ? kBodyTooSlow : kBodyCut;
}

Response refused_upgrade(const Refusal& refusal) {
    Response response = problem(refusal.status, refusal.code, refusal.detail);
    if (refusal.status == 426) {
        response.headers.emplace_back("Upgrade", "websocket");
        response.headers.emplace_back("Sec-WebSocket-Version", kWebSocketVersion);
    }
    return response;
}

Response internal_error() {
    return problem(500, "internal", "The request could not be carried out.");
}

}  // namespace

Session::Session(std::unique_ptr<Channel> channel, ServerShared& shared, Lane& lane)
    : Connection(lane),
      channel_(std::move(channel)),
      shared_(shared),
      buffer_(std::min(kBufferBytesFirst, shared.limits.header_bytes_max), '\0') {}

net::awaitable<void> Session::serve(std::shared_ptr<Session> self) {
    if (co_await self->begin()) {
        while (co_await self->serve_one()) self->first_request_ = false;
    }
    co_await self->end();
}

net::awaitable<void> Session::turn_away(std::shared_ptr<Session> self) {
    if (co_await self->begin()) co_await self->refuse(kTurnedAway);
    co_await self->end();
}

net::awaitable<bool> Session::begin() {
    enter_lane();
    channel_->open();
    if (!channel_->secure()) co_return true;
    watch(shared_.limits.handshake_timeout);
    may_stop_ = true;
    const auto outcome = co_await channel_->handshake();
    may_stop_ = false;
    if (timed_out_ || lane().stopping()) co_return false;
    if (outcome == Channel::Handshake::kPlainHttp) co_await refuse(kPlainHttp);
    co_return outcome == Channel::Handshake::kDone;
}

net::awaitable<void> Session::end() {
    if (channel_ && must_linger_) co_await linger();
    leave_lane();
    if (channel_) channel_->close();
}

net::awaitable<bool> Session::serve_one() {
    const auto head_size = co_await read_head_bytes();
    if (!head_size) {
        const Ending& ending = head_size.error();
        if (ending) co_await refuse(*ending);
        co_return false;
    }
    const auto head = parse_head(input().substr(0, *head_size), shared_.limits.header_fields_max);
    if (!head) {
        co_await refuse(head.error());
        co_return false;
    }
    Request request = request_of(*head);
    const Origin origin = origin_of(
        request.headers, {.peer = channel_->peer(), .secure = channel_->secure()}, shared_.trust);
    request.peer = origin.peer;
    request.secure = origin.secure;
    ResponseFrame frame{.http11 = head->http11,
                        .keep_alive = head->keep_alive,
                        .head_only = head->method == "HEAD",
                        .secure = origin.secure};
    const BodyFraming framing = head->body;
    consume(*head_size);  // the head's views are of no use from here on
    if (framing.present()) {
        auto body = co_await read_body(framing, is_picture(request));
        if (!body) {
            co_await refuse(body.error());
            co_return false;
        }
        request.body = *std::move(body);
    }
    clear_deadline();
    if (!frame.head_only && asks_for_websocket(request)) {
        const auto live = shared_.live.find(request.path);
        if (live != shared_.live.end()) {
            co_return co_await upgrade(live->second, std::move(request), frame);
        }
    }
    co_return co_await answer(co_await handle(std::move(request)), frame);
}

net::awaitable<Response> Session::handle(Request request) {
    std::optional<Response> response;
    try {
        response = co_await shared_.handler(std::move(request));
    } catch (...) {
        log_event(LogLevel::kError, "handler-failed");
    }
    co_return response ? *std::move(response) : internal_error();
}

net::awaitable<bool> Session::answer(Response response, ResponseFrame frame) {
    if (response.stream && has_body(response, frame)) {
        co_return co_await stream(std::move(response), frame);
    }
    frame.streamed = response.stream.has_value();
    if (lane().stopping()) frame.keep_alive = false;
    must_linger_ = !frame.keep_alive;
    const bool sent = co_await send(std::move(response), frame);
    co_return sent&& frame.keep_alive;
}

net::awaitable<bool> Session::stream(Response response, ResponseFrame frame) {
    frame.streamed = true;
    frame.keep_alive = false;
    if (!write_response_head(response, frame, head_out_)) {
        response.stream.reset();
        co_return co_await answer(std::move(response), frame);  // where it is refused
    }
    StreamSocket::begin(std::move(channel_),
                        *std::move(response.stream),
                        head_out_,
                        frame.http11,
                        shared_.limits,
                        lane());
    co_return false;
}

net::awaitable<bool> Session::upgrade(const LiveUpgrade& accept,
                                      Request request,
                                      ResponseFrame frame) {
    const auto key = check_upgrade(request, frame.http11);
    if (!key) co_return co_await answer(refused_upgrade(key.error()), frame);
    if (lane().stopping()) co_return co_await answer(refused_upgrade(kStopping), frame);
    const auto outbox = std::make_shared<Outbox>(shared_.limits);
    std::expected<std::shared_ptr<LiveConnection>, Response> accepted =
        std::unexpected(internal_error());
    try {
        accepted = accept(request, outbox);
    } catch (...) {
        log_event(LogLevel::kError, "websocket-opening-failed");
    }
    if (!accepted) {
        outbox->retire();
        co_return co_await answer(std::move(accepted.error()), frame);
    }
    begin_websocket(
        std::move(channel_), outbox, *std::move(accepted), *key, input(), shared_.limits, lane());
    co_return false;
}

void Session::skip_blank_line() {
    // Some clients end a body with a line end it does not have; RFC 9112 2.2 allows for one.
    if (input().starts_with("\r\n")) consume(2);
}

net::awaitable<std::expected<std::size_t, Session::Ending>> Session::read_head_bytes() {
    const Limits& limits = shared_.limits;
    bool waited_idle = input().empty();
    watch(waited_idle && !first_request_ ? limits.idle_timeout : limits.header_timeout);
    std::size_t scanned = 0;
    bool fresh = true;
    for (;;) {
        if (fresh && input().size() >= 2) {
            skip_blank_line();
            fresh = false;
            scanned = 0;
        }
        const auto end = find_head_end(input(), scanned);
        if (!end) co_return std::unexpected(end.error());
        if (*end > limits.header_bytes_max) co_return std::unexpected(kHeadTooLarge);
        if (*end > 0) co_return *end;
        if (input().size() >= limits.header_bytes_max) co_return std::unexpected(kHeadTooLarge);
        scanned = input().size();
        if (scanned > 0 && waited_idle && !first_request_) watch(limits.header_timeout);
        waited_idle = scanned == 0;
        may_stop_ = scanned == 0;
        if (may_stop_ && lane().stopping()) co_return std::unexpected(std::nullopt);
        const ReadEnd ended = co_await read_more();
        may_stop_ = false;
        if (ended != ReadEnd::kNone) co_return std::unexpected(ending_in_head(ended));
    }
}

Session::Ending Session::ending_in_head(ReadEnd end) const {
    if (input().empty()) return std::nullopt;
    return end == ReadEnd::kTimedOut ? kHeadTooSlow : kHeadCut;
}

net::awaitable<std::expected<std::string, Refusal>> Session::read_body(BodyFraming framing,
                                                                       bool picture) {
    std::optional<Counted> counted;
    if (framing.content_length > shared_.limits.body_bytes_max) {
        if (!picture || framing.content_length > kPictureBytesMax) {
            co_return std::unexpected(kBodyTooLarge);
        }
        if (counted.emplace(shared_.picture_bodies).before() >= kPictureBodiesMax) {
            co_return std::unexpected(kTooManyPictures);
        }
    }
    if (framing.expects_continue && input().empty() && !co_await send_rest(kContinue, {})) {
        co_return std::unexpected(kBodyCut);
    }
    watch(shared_.limits.body_timeout);
    if (framing.chunked) co_return co_await read_chunked_body();
    co_return co_await read_sized_body(static_cast<std::size_t>(framing.content_length));
}

net::awaitable<std::expected<std::string, Refusal>> Session::read_sized_body(std::size_t size) {
    std::string body(input().substr(0, size));
    consume(body.size());
    std::size_t have = body.size();
    while (have < size) {
        // The memory taken follows what was sent, not what was announced.
        if (have == body.size()) body.resize(std::min(size, have * 2 + kBodyStepBytes));
        const auto [end, count] = co_await read_some(std::span(body).subspan(have));
        if (end != ReadEnd::kNone) co_return std::unexpected(refusal_in_body(end));
        have += count;
    }
    co_return body;
}

net::awaitable<std::expected<std::string, Refusal>> Session::read_chunked_body() {
    ChunkedDecoder decoder({.body_bytes_max = shared_.limits.body_bytes_max,
                            .trailer_bytes_max = shared_.limits.header_bytes_max});
    std::string body;
    for (;;) {
        const auto taken = decoder.feed(input(), body);
        if (!taken) co_return std::unexpected(taken.error());
        consume(*taken);
        if (decoder.done()) co_return body;
        const ReadEnd end = co_await read_more();
        if (end != ReadEnd::kNone) co_return std::unexpected(refusal_in_body(end));
    }
}

net::awaitable<Session::Read> Session::read_some(std::span<char> into) {
    if (timed_out_) co_return Read{ReadEnd::kTimedOut, 0};
    const auto count = co_await channel_->read(into);
    if (count) co_return Read{ReadEnd::kNone, *count};
    co_return Read{timed_out_ ? ReadEnd::kTimedOut : ReadEnd::kClosed, 0};
}

net::awaitable<ReadEnd> Session::read_more() {
    if (end_ == buffer_.size()) {
        if (begin_ > 0) {
            buffer_.erase(0, std::exchange(begin_, 0));
            end_ = buffer_.size();
        }
        buffer_.resize(std::max(buffer_.capacity(), end_ * 2));
    }
    const auto [end, count] = co_await read_some(std::span(buffer_).subspan(end_));
    end_ += count;
    co_return end;
}

void Session::consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
}

net::awaitable<bool> Session::send(Response response, ResponseFrame frame) {
    if (!write_response_head(response, frame, head_out_)) {
        log_event(LogLevel::kError, "response-invalid");
        response = internal_error();
        write_response_head(response, frame, head_out_);
    }
    std::string_view body;
    if (has_body(response, frame)) {
        if (response.body.size() <= kJoinedBodyBytesMax) {
            head_out_.append(response.body);
        } else {
            body = response.body;
        }
    }
    co_return co_await send_rest(head_out_, body);
}

net::awaitable<bool> Session::send_rest(std::string_view first, std::string_view second) {
    bool waiting = false;
    while (!first.empty() || !second.empty()) {
        // Nearly always the kernel takes all at once, and nothing need be waited for.
        const Io sent = channel_->try_write(first, second);
        if (sent.state == IoState::kClosed) co_return false;
        if (sent.state != IoState::kDone) {
            if (!std::exchange(waiting, true)) watch(shared_.limits.write_timeout);
            if (timed_out_ || !co_await channel_->ready(sent.state)) co_return false;
            continue;
        }
        const std::size_t of_first = std::min(sent.count, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(sent.count - of_first);
    }
    co_return true;
}

net::awaitable<void> Session::refuse(Refusal refusal) {
    must_linger_ = true;
    Response response = problem(refusal.status, refusal.code, refusal.detail);
    if (refusal.status == 405) response.headers.emplace_back("Allow", kAllowedMethods);
    co_await send(
        std::move(response),
        {.http11 = true, .keep_alive = false, .head_only = false, .secure = channel_->secure()});
}

// Closing a socket with unread bytes resets the connection, and a reset may overtake the last
// answer. So the sending side is closed first and what still comes is thrown away, within bounds.
net::awaitable<void> Session::linger() {
    channel_->finish_sending();
    consume(input().size());
    watch(shared_.limits.linger_timeout);
    may_stop_ = true;
    std::size_t dropped = 0;
    while (dropped < kLingerBytesMax && !lane().stopping()) {
        const auto [end, count] = co_await read_some(std::span(buffer_));
        if (end != ReadEnd::kNone) break;
        dropped += count;
    }
}

void Session::stop() {
    if (may_stop_ && channel_) channel_->cancel();
}

void Session::watch(std::chrono::milliseconds limit) {
    timed_out_ = false;
    set_deadline(Clock::now() + limit);
}

void Session::on_deadline() {
    timed_out_ = true;
    if (channel_) channel_->cancel();
}

}  // namespace gateway

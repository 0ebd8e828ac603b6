#include "gateway/websocket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstddef>
#include <utility>

#include "gateway/http_upgrade.hpp"
#include "gateway/log.hpp"
#include "gateway/server_live.hpp"
#include "gateway/server_rate.hpp"
#include "gateway/websocket_buffer.hpp"

namespace gateway {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

http::request<http::empty_body> checked_handshake(std::string_view key) {
    constexpr unsigned kHttp11 = 11;
    http::request<http::empty_body> request(http::verb::get, "/", kHttp11);
    request.set(http::field::host, "localhost");
    request.set(http::field::connection, "upgrade");
    request.set(http::field::upgrade, "websocket");
    request.set(http::field::sec_websocket_version,
                beast::string_view(kWebSocketVersion.data(), kWebSocketVersion.size()));
    request.set(http::field::sec_websocket_key, beast::string_view(key.data(), key.size()));
    return request;
}

class WebSocket final : public LiveSocket, private WebSocketBuffer::Owner {
  public:
    WebSocket(std::unique_ptr<Channel> channel,
              std::shared_ptr<Outbox> outbox,
              std::shared_ptr<LiveConnection> connection,
              const Limits& limits,
              Lane& lane);

    void begin(std::string_view key, std::string_view early);

  private:
    Fill fill() override;
    bool wants_input() override { return stream_.next_layer().wants_input(); }
    void on_input(std::string_view bytes) override;
    Clock::time_point idle_deadline() override;
    void on_idle() override;
    void on_end() override;

    void on_output(std::string_view bytes) override;
    void on_input_wanted() override;

    void on_accepted(error_code failed);
    void read_message();
    void on_message(error_code failed);
    void on_written(error_code failed);
    void count_frame();
    // Says goodbye and waits for the client's answer, within bounds.
    void close(std::uint16_t code, std::string_view reason);
    // Says goodbye to a client whose answer is not waited for.
    void cut_off(std::uint16_t code, std::string_view reason);

    template <class... Args>
    auto then(void (WebSocket::*next)(Args...)) {
        return [self = shared_from_this(), this, next](Args... args, auto&&... /*counts*/) {
            (this->*next)(args...);
        };
    }

    std::shared_ptr<LiveConnection> connection_;
    websocket::stream<WebSocketBuffer, false> stream_;
    beast::flat_buffer message_;
    std::shared_ptr<const std::string> frame_;  // being written
    Clock::time_point heard_at_ = Clock::now();
    RateLimit frames_;
    RateLimit bytes_;
    Clock::time_point pinged_at_;
    bool pinged_ = false;  // and nothing was heard since
    bool ping_is_written_ = true;
    bool accepted_ = false;
    bool closing_ = false;
    bool cut_off_ = false;
    bool too_many_ = false;
};

WebSocket::WebSocket(std::unique_ptr<Channel> channel,
                     std::shared_ptr<Outbox> outbox,
                     std::shared_ptr<LiveConnection> connection,
                     const Limits& limits,
                     Lane& lane)
    : LiveSocket(std::move(channel), std::move(outbox), limits, lane),
      connection_(std::move(connection)),
      stream_(lane.context().get_executor(), static_cast<WebSocketBuffer::Owner&>(*this)),
      frames_(limits.live_frames_per_second, limits.live_frames_burst, heard_at_),
      bytes_(limits.live_bytes_per_second, limits.live_bytes_burst, heard_at_) {
    stream_.read_message_max(limits.live_message_bytes_max);
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.control_callback([this](websocket::frame_type, beast::string_view) { count_frame(); });
}

void WebSocket::begin(std::string_view key, std::string_view early) {
    if (!early.empty()) on_input(early);
    stream_.async_accept(checked_handshake(key), then(&WebSocket::on_accepted));
    start();
}

void WebSocket::on_accepted(error_code failed) {
    if (ended()) return;
    if (failed) return end();
    accepted_ = true;
    read_message();
    pump();
}

void WebSocket::read_message() {
    stream_.async_read(message_, then(&WebSocket::on_message));
}

void WebSocket::on_message(error_code failed) {
    if (ended()) return;
    // Whatever was wrong, Beast has told the client; after a close of both sides it is silent.
    if (failed) {
        return finish(failed == websocket::error::closed ? Client::kIsDone : Client::kMaySend);
    }
    count_frame();
    if (!closing_ && stream_.got_binary()) close(close_code::kUnsupported, "text frames only");
    if (!closing_ && !too_many_) {
        const auto data = message_.cdata();
        try {
            connection_->on_frame(std::string(static_cast<const char*>(data.data()), data.size()));
        } catch (...) {
            log_event(LogLevel::kError, "frame-handler-failed");
            close(close_code::kInternal, {});
        }
    }
    message_ = {};
    if (!ended()) read_message();
}

void WebSocket::count_frame() {
    // Possibly within Beast's reading, where nothing can be closed.
    if (frames_.use(1, Clock::now())) return;
    too_many_ = true;
    pump_soon();
}

LiveSocket::Fill WebSocket::fill() {
    if (!accepted_ || closing_) return Fill::kNothing;
    if (frame_) return Fill::kLater;
    if (too_many_) {
        cut_off(close_code::kPolicy, "too many frames");
        return Fill::kNothing;
    }
    frame_ = outbox().take();
    if (frame_) {
        stream_.async_write(net::buffer(*frame_), then(&WebSocket::on_written));
        return Fill::kLater;
    }
    if (const auto closing = outbox().closing()) {
        if (closing->overflow) {
            cut_off(closing->code, closing->reason);
        } else {
            close(closing->code, closing->reason);
        }
    }
    return Fill::kNothing;
}

void WebSocket::on_written(error_code failed) {
    frame_.reset();
    if (ended()) return;
    // Beast writes into memory: it refuses only what comes after a close, of which on_message
    // hears.
    if (!failed) pump();
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
    if (std::exchange(closing_, true)) return;
    outbox().retire();
    must_end_within(limits().live_close_timeout);
    const websocket::close_reason said(static_cast<websocket::close_code>(code),
                                       beast::string_view(reason.data(), reason.size()));
    stream_.async_close(said, [self = shared_from_this(), this](error_code failed) {
        finish(failed ? Client::kMaySend : Client::kIsDone);
    });
    pump_soon();
}

void WebSocket::cut_off(std::uint16_t code, std::string_view reason) {
    cut_off_ = true;
    close(code, reason);
}

void WebSocket::on_input(std::string_view bytes) {
    heard_at_ = Clock::now();
    if (std::exchange(pinged_, false)) watch();
    if (cut_off_) return;
    if (!bytes_.use(bytes.size(), heard_at_)) {
        too_many_ = true;
        return pump_soon();
    }
    stream_.next_layer().feed(bytes);
}

void WebSocket::on_output(std::string_view bytes) {
    put(bytes);
    // Beast may still have to write something else before the close frame (final, opcode 8).
    constexpr char kCloseFrame = '\x88';
    if (cut_off_ && bytes.starts_with(kCloseFrame)) finish(Client::kMaySend);
    // A frame of ours is followed by on_written, which looks for more.
    if (!frame_) pump_soon();
}

void WebSocket::on_input_wanted() {
    if (!ended()) read();
}

Clock::time_point WebSocket::idle_deadline() {
    if (closing_) return Clock::time_point::max();
    return pinged_ ? pinged_at_ + limits().live_pong_timeout : heard_at_ + limits().live_ping_idle;
}

void WebSocket::on_idle() {
    if (pinged_ || !accepted_) return end();
    pinged_ = true;
    pinged_at_ = Clock::now();
    if (!std::exchange(ping_is_written_, false)) return;
    stream_.async_ping({},
                       [self = shared_from_this(), this](error_code) { ping_is_written_ = true; });
}

void WebSocket::on_end() {
    stream_.next_layer().end();
    connection_->on_closed();
}

}  // namespace

void begin_websocket(std::unique_ptr<Channel> channel,
                     std::shared_ptr<Outbox> outbox,
                     std::shared_ptr<LiveConnection> connection,
                     std::string_view key,
                     std::string_view early,
                     const Limits& limits,
                     Lane& lane) {
    std::make_shared<WebSocket>(
        std::move(channel), std::move(outbox), std::move(connection), limits, lane)
        ->begin(key, early);
}

}  // namespace gateway

#pragma once

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http_forwarded.hpp"
#include "gateway/http_head.hpp"
#include "gateway/limits.hpp"
#include "gateway/live_port.hpp"
#include "gateway/server_channel.hpp"
#include "gateway/server_lane.hpp"
#include "gateway/server_response.hpp"

// HTTP on one connection of the server, until it ends or becomes a WebSocket or a streamed body.
// Everything here runs on the thread of its lane.
namespace gateway {

// What all connections of a server share.
struct ServerShared {
    Limits limits;
    Handler handler;
    ProxyTrust trust;
    std::map<std::string, LiveUpgrade, std::less<>> live;
    std::atomic<std::size_t> open_connections{0};
    // Beyond the limit; counted apart, or who asks again at once would keep himself out.
    std::atomic<std::size_t> turned_away{0};
    std::atomic<std::size_t> picture_bodies{0};  // larger than limits.body_bytes_max
};

// Why a read gave no bytes.
enum class ReadEnd : std::uint8_t { kNone, kClosed, kTimedOut };

class Session final : public Connection {
  public:
    Session(std::unique_ptr<Channel> channel, ServerShared& shared, Lane& lane);

    // The life of the connection: requests and their answers, in order.
    static net::awaitable<void> serve(std::shared_ptr<Session> self);
    // For a connection beyond the limit: 503 and goodbye.
    static net::awaitable<void> turn_away(std::shared_ptr<Session> self);

    void stop() override;

  private:
    // Why no (further) request comes: with a refusal to answer, or without as there is nobody or
    // nothing to answer.
    using Ending = std::optional<Refusal>;
    struct Read {
        ReadEnd end;
        std::size_t count;
    };

    // The coroutines below are awaited at once by serve() or one another, which keep `self` alive
    // and what the views and spans point to.
    net::awaitable<bool> begin();
    net::awaitable<bool> serve_one();
    net::awaitable<Response> handle(Request request);
    net::awaitable<bool> answer(Response response, ResponseFrame frame);
    net::awaitable<bool> stream(Response response, ResponseFrame frame);
    net::awaitable<bool> upgrade(const LiveUpgrade& accept, Request request, ResponseFrame frame);
    net::awaitable<std::expected<std::size_t, Ending>> read_head_bytes();
    net::awaitable<std::expected<std::string, Refusal>> read_body(BodyFraming framing,
                                                                  bool picture);
    net::awaitable<std::expected<std::string, Refusal>> read_sized_body(std::size_t size);
    net::awaitable<std::expected<std::string, Refusal>> read_chunked_body();
    net::awaitable<Read> read_some(std::span<char> into);
    net::awaitable<ReadEnd> read_more();
    net::awaitable<bool> send(Response response, ResponseFrame frame);
    net::awaitable<bool> send_rest(std::string_view first, std::string_view second);
    net::awaitable<void> refuse(Refusal refusal);
    net::awaitable<void> linger();
    net::awaitable<void> end();

    void skip_blank_line();
    [[nodiscard]] Ending ending_in_head(ReadEnd end) const;
    [[nodiscard]] std::string_view input() const {
        return std::string_view(buffer_).substr(begin_, end_ - begin_);
    }
    void consume(std::size_t count);
    void watch(std::chrono::milliseconds limit);
    void on_deadline() override;

    std::unique_ptr<Channel> channel_;  // none once another has taken it over
    ServerShared& shared_;
    // Received and not yet consumed: [begin_, end_).
    std::string buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string head_out_;
    bool first_request_ = true;
    bool may_stop_ = false;  // nothing would be lost by ending now
    bool must_linger_ = false;
    bool timed_out_ = false;
};

}  // namespace gateway

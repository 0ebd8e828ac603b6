#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gateway/http_head.hpp"
#include "gateway/limits.hpp"
#include "gateway/server_response.hpp"

// One connection of the server. Everything here runs on the thread of its lane.
namespace gateway {

using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, Executor>;

// What all connections of a server share.
struct ServerShared {
    Limits limits;
    Handler handler;
    std::atomic<std::size_t> open_connections{0};
};

class Session;

// One I/O thread: its context and the connections that live on it.
class Lane {
  public:
    net::io_context& context() { return context_; }
    // From any thread. New requests are no longer waited for; context().run() returns once the last
    // connection has ended.
    void stop();

  private:
    friend class Session;
    std::unordered_set<Session*> sessions_;
    bool stopping_ = false;
    net::io_context context_{1};
    net::executor_work_guard<Executor> guard_{context_.get_executor()};
};

// Why a read gave no bytes.
enum class ReadEnd : std::uint8_t { kNone, kClosed, kTimedOut };

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(Socket socket, ServerShared& shared, Lane& lane);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // The life of the connection: requests and their answers, in order.
    static net::awaitable<void> serve(std::shared_ptr<Session> self);
    // For a connection beyond the limit: 503 and goodbye.
    static net::awaitable<void> turn_away(std::shared_ptr<Session> self);

  private:
    using Clock = std::chrono::steady_clock;
    using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;
    // Why no (further) request comes: with a refusal to answer, or without as there is nobody or
    // nothing to answer.
    using Ending = std::optional<Refusal>;
    struct Read {
        ReadEnd end;
        std::size_t count;
    };
    friend class Lane;

    // The coroutines below are awaited at once by serve() or one another, which keep `self` alive
    // and what the views and spans point to.
    net::awaitable<bool> serve_one();
    net::awaitable<std::expected<std::size_t, Ending>> read_head_bytes();
    net::awaitable<std::expected<std::string, Refusal>> read_body(BodyFraming framing);
    net::awaitable<std::expected<std::string, Refusal>> read_sized_body(std::size_t size);
    net::awaitable<std::expected<std::string, Refusal>> read_chunked_body();
    net::awaitable<Read> read_some(std::span<char> into);
    net::awaitable<ReadEnd> read_more();
    net::awaitable<bool> send(Response response, ResponseFrame frame);
    net::awaitable<bool> send_rest(std::string_view first, std::string_view second);
    net::awaitable<void> refuse(Refusal refusal);
    net::awaitable<void> linger();

    void skip_blank_line();
    [[nodiscard]] Ending ending_in_head(ReadEnd end) const;
    [[nodiscard]] std::string_view input() const {
        return std::string_view(buffer_).substr(begin_, end_ - begin_);
    }
    void consume(std::size_t count);
    void stop();
    void watch(std::chrono::milliseconds limit);
    void arm_timer();
    void on_timer();

    Socket socket_;
    ServerShared& shared_;
    Lane& lane_;
    // Received and not yet consumed: [begin_, end_).
    std::string buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string head_out_;
    bool first_request_ = true;
    bool may_stop_ = false;  // nothing would be lost by ending now
    bool must_linger_ = false;
    // The timer is set once for many requests: it looks at the deadline when it fires.
    Timer timer_;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool timer_armed_ = false;
    bool timed_out_ = false;
};

}  // namespace gateway

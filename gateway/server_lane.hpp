#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_set>
#include <vector>

// An I/O thread of the server and the connections that live on it.
namespace gateway {

namespace net = boost::asio;

using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, Executor>;
using Clock = std::chrono::steady_clock;

class Lane;

// One connection, in whatever it speaks. Everything but its construction happens on the thread of
// its lane; made by make_shared, and kept alive by what it waits for.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    explicit Connection(Lane& lane);
    virtual ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The server stops: end as soon as nothing would be lost.
    virtual void stop() = 0;
    // What Lane::wake was asked for.
    virtual void on_wake() {}
    // The lane's thread has ended and nothing will happen any more: tell whoever counts on it. Once
    // and from the thread that ran the server.
    virtual void abandon() {}

  protected:
    [[nodiscard]] Lane& lane() const { return lane_; }
    // From here on the lane knows the connection.
    void enter_lane();
    // Nothing more is waited for.
    void leave_lane();

    // One time limit, moved often and seldom reached: the timer is set once for many moves and
    // looks at the limit when it fires.
    void set_deadline(Clock::time_point at);
    void clear_deadline() { deadline_ = Clock::time_point::max(); }

  private:
    using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

    virtual void on_deadline() = 0;
    void arm_timer();
    void on_timer();

    Lane& lane_;
    bool entered_ = false;
    Timer timer_;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool timer_armed_ = false;
};

class Lane {
  public:
    // Room for bytes between two calls, for all connections of the lane: nothing stays in it.
    static constexpr std::size_t kBufferBytes = 16'384;
    using Buffer = std::array<char, kBufferBytes>;

    Lane() = default;
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    net::io_context& context() { return context_; }
    // From any thread. The connections are told; context().run() returns once the last has ended.
    void stop();
    [[nodiscard]] bool stopping() const { return stopping_; }  // on the lane's thread
    // From any thread: has on_wake() called on the lane's. Many calls cost one wake-up.
    void wake(std::shared_ptr<Connection> connection);
    // After context().run() has returned, from any one thread: ends what is left.
    void abandon();

    std::span<char> input_buffer() { return input_; }
    std::span<char> output_buffer() { return output_; }

  private:
    friend class Connection;
    void wake_all();

    std::unordered_set<Connection*> connections_;
    bool stopping_ = false;
    Buffer input_{};
    Buffer output_{};
    std::mutex mutex_;  // guards woken_
    std::vector<std::shared_ptr<Connection>> woken_;
    net::io_context context_{1};
    net::executor_work_guard<Executor> guard_{context_.get_executor()};
};

}  // namespace gateway

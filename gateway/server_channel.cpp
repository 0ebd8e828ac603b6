#include "gateway/server_channel.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gateway {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

Io outcome(const error_code& failed, std::size_t count, IoState if_not_ready) {
    if (!failed) return {IoState::kDone, count};
    if (failed == net::error::would_block || failed == net::error::try_again) {
        return {if_not_ready};
    }
    return {IoState::kClosed};
}

}  // namespace

Channel::Channel(Socket socket,
                 const PeerAddress& peer,
                 Lane& lane,
                 std::unique_ptr<TlsSession> tls,
                 std::atomic<std::size_t>& count)
    : socket_(std::move(socket)), peer_(peer), lane_(lane), tls_(std::move(tls)), count_(count) {
    ++count_;
}

Channel::~Channel() {
    --count_;
}

void Channel::open() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
}

net::awaitable<Channel::Handshake> Channel::handshake() {
    for (;;) {
        const Io done = tls_->handshake();
        if (done.state == IoState::kDone) co_return Handshake::kDone;
        if (done.state == IoState::kClosed) break;
        if (!co_await ready(done.state)) co_return Handshake::kFailed;
    }
    if (!tls_->met_plain_http()) co_return Handshake::kFailed;
    tls_.reset();
    co_return Handshake::kPlainHttp;
}

net::awaitable<std::optional<std::size_t>> Channel::read(std::span<char> into) {
    if (!tls_) {
        const auto [failed, count] =
            co_await socket_.async_read_some(net::buffer(into.data(), into.size()), kAwait);
        if (failed) co_return std::nullopt;
        co_return count;
    }
    for (;;) {
        const Io done = tls_->read(into);
        if (done.state == IoState::kDone) co_return done.count;
        if (done.state == IoState::kClosed) co_return std::nullopt;
        if (!co_await ready(done.state)) co_return std::nullopt;
    }
}

Io Channel::try_read(std::span<char> into) {
    if (tls_) return tls_->read(into);
    error_code failed;
    const std::size_t count = socket_.read_some(net::buffer(into.data(), into.size()), failed);
    return outcome(failed, count, IoState::kWantRead);
}

Io Channel::try_write(std::string_view first, std::string_view second) {
    if (!tls_) {
        const std::array<net::const_buffer, 2> buffers = {net::buffer(first), net::buffer(second)};
        error_code failed;
        const std::size_t count = socket_.write_some(buffers, failed);
        return outcome(failed, count, IoState::kWantWrite);
    }
    if (second.empty() || first.size() >= TlsSession::kRecordBytesMax) return tls_->write(first);
    if (first.empty()) return tls_->write(second);
    // One record instead of two, each with its own system call.
    static_assert(Lane::kBufferBytes >= TlsSession::kRecordBytesMax);
    const auto joined = lane_.output_buffer().first(
        std::min(first.size() + second.size(), TlsSession::kRecordBytesMax));
    std::ranges::copy(first, joined.begin());
    std::ranges::copy(second.substr(0, joined.size() - first.size()),
                      joined.subspan(first.size()).begin());
    return tls_->write({joined.data(), joined.size()});
}

net::awaitable<bool> Channel::ready(IoState wanted) {
    const auto what = wanted == IoState::kWantWrite ? Socket::wait_write : Socket::wait_read;
    const auto [failed] = co_await socket_.async_wait(what, kAwait);
    co_return !failed;
}

void Channel::notice_death_within(std::chrono::milliseconds idle,
                                  std::chrono::milliseconds unanswered) {
    const auto seconds = [](std::chrono::milliseconds time) {
        return std::max(1, static_cast<int>(time.count() / 1000));
    };
    const auto set = [this](int level, int option, int value) {
        ::setsockopt(socket_.native_handle(), level, option, &value, sizeof(value));
    };
    constexpr int kProbes = 3;
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, seconds(idle));
    set(IPPROTO_TCP, TCP_KEEPINTVL, seconds(unanswered / kProbes));
    set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>((idle + unanswered).count()));
}

void Channel::cancel() {
    error_code ignored;
    socket_.cancel(ignored);
}

void Channel::finish_sending() {
    if (const auto tls = std::exchange(tls_, nullptr)) tls->say_goodbye();
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Channel::close() {
    if (const auto tls = std::exchange(tls_, nullptr)) tls->say_goodbye();
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace gateway

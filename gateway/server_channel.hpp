#pragma once

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/http_peer.hpp"
#include "gateway/server_lane.hpp"
#include "gateway/tls.hpp"

// The bytes to and from one client, plain or over TLS; whoever uses it does not see which. Used on
// its lane's thread, after its construction.
namespace gateway {

class Channel {
  public:
    // `tls` is nothing for a plain connection; `count` is one more for as long as this exists.
    Channel(Socket socket,
            const PeerAddress& peer,
            Lane& lane,
            std::unique_ptr<TlsSession> tls,
            std::atomic<std::size_t>& count);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // Before anything else.
    void open();
    [[nodiscard]] bool secure() const { return tls_ != nullptr; }
    [[nodiscard]] const PeerAddress& peer() const { return peer_; }
    Socket& socket() { return socket_; }

    enum class Handshake : std::uint8_t {
        kDone,
        kFailed,
        kPlainHttp  // no TLS at all; what is sent from here on goes out in plain
    };
    net::awaitable<Handshake> handshake();

    // At least one byte; nothing when the connection has ended, or cancel() was called.
    net::awaitable<std::optional<std::size_t>> read(std::span<char> into);
    // Without waiting.
    Io try_read(std::span<char> into);
    // Some of `first` and then `second`, which are not both empty, without waiting. When it asks to
    // be called again, then with the same bytes at the front.
    Io try_write(std::string_view first, std::string_view second = {});
    // Waits for what an Io wanted. False when the connection has ended, or cancel() was called.
    net::awaitable<bool> ready(IoState wanted);

    // Has TCP find out that the client is gone, about that long after its last sign of life, where
    // nothing is asked of it otherwise.
    void notice_death_within(std::chrono::milliseconds idle, std::chrono::milliseconds unanswered);

    // Ends every wait.
    void cancel();
    // Nothing more is sent, and the client is told so. What it still sends can be read, as raw
    // bytes.
    void finish_sending();
    void close();

  private:
    Socket socket_;
    PeerAddress peer_;
    Lane& lane_;
    std::unique_ptr<TlsSession> tls_;
    std::atomic<std::size_t>& count_;
};

}  // namespace gateway

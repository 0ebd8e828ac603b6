#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "gateway/http.hpp"

// Connections on which the server speaks first: WebSockets, and the streamed bodies of responses.
// Plain types; how they travel is the server's business. Bounds and times are in Limits.
namespace gateway {

// What a close says (RFC 6455 section 7.4); an application's own are 4000 to 4999.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;  // the server stops
inline constexpr std::uint16_t kUnsupported = 1003;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kInternal = 1011;
inline constexpr std::uint16_t kTryAgainLater = 1013;  // the client reads too slowly
}  // namespace close_code

// The way to one client; given by the server. Thread-safe, and safe to hold for ever: once the
// connection has ended, what is sent is dropped.
class LiveSink {
  public:
    LiveSink() = default;
    virtual ~LiveSink() = default;
    LiveSink(const LiveSink&) = delete;
    LiveSink& operator=(const LiveSink&) = delete;

    // Queues a frame (UTF-8) behind those before it; never blocks, never copies, so one frame may
    // go to any number of sinks. False when it is dropped: the connection has ended or is ending,
    // or the queue was full, which ends the connection with kTryAgainLater.
    virtual bool send(std::shared_ptr<const std::string> frame) = 0;
    // Ends the connection behind the frames queued so far; the first call counts. A code that may
    // not be sent becomes kInternal; the reason is cut to 123 bytes and never holds personal data.
    // A streamed body just ends.
    virtual void close(std::uint16_t code, std::string reason) = 0;
    // What is queued and has not begun to be written.
    [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

// The application's end of one WebSocket. Called on the I/O thread of its connection, one call at a
// time; must not block it and must not throw.
class LiveConnection {
  public:
    LiveConnection() = default;
    virtual ~LiveConnection() = default;
    LiveConnection(const LiveConnection&) = delete;
    LiveConnection& operator=(const LiveConnection&) = delete;

    // One message, valid UTF-8. Not called any more once a close was sent or received.
    virtual void on_frame(std::string frame) = 0;
    // Exactly once and last, however the connection ended, also when it never opened. When the
    // server has stopped, possibly on the thread that ran it.
    virtual void on_closed() = 0;
};

// Accepts a WebSocket, or refuses it with the response to send instead (403 for a foreign origin).
// Called on an I/O thread; must not block it. The handshake itself is checked before. What is sent
// into the sink at once is queued until the client has its answer.
using LiveUpgrade = std::function<std::expected<std::shared_ptr<LiveConnection>, Response>(
    const Request&, std::shared_ptr<LiveSink>)>;

}  // namespace gateway

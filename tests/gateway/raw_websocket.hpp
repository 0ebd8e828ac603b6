#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/gateway/raw_client.hpp"

// A WebSocket client that sends exactly the frames it is given, right or wrong.
namespace test_support {

inline constexpr unsigned kContinuation = 0;
inline constexpr unsigned kText = 1;
inline constexpr unsigned kBinary = 2;
inline constexpr unsigned kClose = 8;
inline constexpr unsigned kPing = 9;
inline constexpr unsigned kPong = 10;

struct RawFrame {
    unsigned opcode = 0;
    bool final = true;
    bool masked = true;  // by a client always, by a server never
    std::string payload;

    // Of a close frame; 1005 when it has none.
    [[nodiscard]] unsigned close_code() const;
};

std::string frame_bytes(const RawFrame& frame);
std::string close_payload(unsigned code, std::string_view reason = {});

// The opening request of RFC 6455 section 1.3, whose answer is known.
std::string websocket_request(std::string_view path, std::string_view more_fields = {});

class RawWebSocket {
  public:
    // Opens; throws std::runtime_error when the server refuses.
    explicit RawWebSocket(std::uint16_t port, std::string_view path = "/live");
    RawWebSocket(std::uint16_t port, const TlsOffer& offer, std::string_view path = "/live");

    // False when the server no longer takes the bytes.
    bool send(unsigned opcode, std::string_view payload, bool final = true) {
        return client_.send(
            frame_bytes({.opcode = opcode, .final = final, .payload = std::string(payload)}));
    }
    bool send_text(std::string_view text) { return send(kText, text); }
    // Nothing when the connection ended, or the time was up.
    std::optional<RawFrame> receive();
    // The next text; "" when something else came, or nothing.
    std::string receive_text();
    // The code of the close frame that comes, past what else does; 1006 when none comes.
    unsigned receive_close();

    RawClient& client() { return client_; }

  private:
    void open(std::string_view path);

    RawClient client_;
};

}  // namespace test_support

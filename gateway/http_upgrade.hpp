#pragma once

#include <expected>
#include <string>

#include "gateway/http.hpp"
#include "gateway/http_head.hpp"

// The opening handshake of a WebSocket (RFC 6455 section 4.2.1), as far as the request goes.
namespace gateway {

// Whether the request is a GET that wants to become a WebSocket, properly or not.
bool asks_for_websocket(const Request& request);

// The key that the answer has to prove. Refused: HTTP/1.0, no "upgrade" among the connection's
// options, a body, a key that is missing, repeated or not 16 bytes in base64 (all 400), and another
// version of the protocol (426).
std::expected<std::string, Refusal> check_upgrade(const Request& request, bool http11);

inline constexpr std::string_view kWebSocketVersion = "13";

}  // namespace gateway

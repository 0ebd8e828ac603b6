#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/limits.hpp"
#include "gateway/live_port.hpp"
#include "gateway/server_channel.hpp"
#include "gateway/server_outbox.hpp"

// A WebSocket on a connection of the server (RFC 6455): text frames only, strict UTF-8, no
// compression. The protocol is Beast's; bytes, queue and time limits are LiveSocket's.
namespace gateway {

// Takes the connection over and answers the handshake whose key was checked. `early` is what the
// client has sent behind it. On the lane's thread.
void begin_websocket(std::unique_ptr<Channel> channel,
                     std::shared_ptr<Outbox> outbox,
                     std::shared_ptr<LiveConnection> connection,
                     std::string_view key,
                     std::string_view early,
                     const Limits& limits,
                     Lane& lane);

}  // namespace gateway

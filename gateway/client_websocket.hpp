#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/client.hpp"

// A small blocking WebSocket client for checks and benchmarks: text frames. Pings of the server are
// answered while a call is under way, no longer. Not thread-safe; one instance per thread.
namespace gateway {

class WebSocketClient {
  public:
    // Connects and opens. kUnavailable when the server cannot be reached, refuses (the detail names
    // its status) or takes longer than the time limit; kInvalidArgument as Client::make.
    static events::Result<WebSocketClient> open(const Url& url,
                                                std::string_view target,
                                                const HeaderFields& headers,
                                                const ClientOptions& options);
    ~WebSocketClient();
    WebSocketClient(WebSocketClient&&) noexcept;
    WebSocketClient& operator=(WebSocketClient&&) noexcept;

    // Sends one text, within the options' time limit. kUnavailable once the connection has ended.
    events::Status send(std::string_view text);

    struct Received {
        enum class Kind : std::uint8_t {
            kText,
            kNothing,  // within the time; what comes later is given later
            kClosed    // and nothing more comes
        };
        Kind kind;
        std::string text;
        std::uint16_t close_code = 0;  // 1006 when the connection ended without a word
    };
    // The next text.
    Received read(std::chrono::milliseconds time);

    // Closes and waits for the server to do so, within the options' time limit.
    events::Status close(std::uint16_t code);

  private:
    struct Impl;
    template <class Stream>
    struct Over;
    explicit WebSocketClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

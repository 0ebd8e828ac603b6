#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/tls.hpp"

// Live sockets over TLS on loopback: the barest Beast server that keeps them and tells all of them
// the same, and the crowd of clients that listens, to it as to ours.
namespace bench {

// One thread, Asio's own TLS, no time limits, nothing followed: whoever is there is told.
class FloorLive {
  public:
    // Serves on a free loopback port until it is destroyed. Throws std::exception when it cannot.
    explicit FloorLive(const gateway::TlsFiles& tls);
    ~FloorLive();
    FloorLive(const FloorLive&) = delete;
    FloorLive& operator=(const FloorLive&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    // Any thread.
    void tell_all(std::string text);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Clients on one thread of their own. Each is opened in order; then all of them listen.
class LiveCrowd {
  public:
    // What a client sends when it was opened, one text after another, each answered by one.
    using Greeting = std::function<std::string(std::size_t client, std::size_t step)>;
    struct Options {
        std::uint16_t port = 0;
        std::size_t clients = 1'000;
        std::size_t greeting_steps = 0;
        Greeting greeting = {};
    };
    // Called on the crowd's thread for each text that a client receives.
    using Heard = std::function<void(std::string_view text)>;
    // Throws std::exception when a client cannot be opened.
    LiveCrowd(const Options& options, Heard heard);
    ~LiveCrowd();
    LiveCrowd(const LiveCrowd&) = delete;
    LiveCrowd& operator=(const LiveCrowd&) = delete;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace bench

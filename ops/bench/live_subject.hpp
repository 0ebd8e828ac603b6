#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "gateway/client.hpp"
#include "gateway/tls.hpp"
#include "ops/bench/floor_live.hpp"

namespace gateway {
class App;
class Server;
}  // namespace gateway

// The product as `serve --demo` runs it over TLS, with its live sockets.
namespace bench {

class LiveSubject {
  public:
    // Throws std::runtime_error when it cannot start.
    LiveSubject(const std::filesystem::path& scratch,
                const gateway::TlsFiles& tls,
                std::size_t sockets_max);
    ~LiveSubject();
    LiveSubject(const LiveSubject&) = delete;
    LiveSubject& operator=(const LiveSubject&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const std::string& token() const { return token_; }

  private:
    std::unique_ptr<gateway::App> app_;
    std::unique_ptr<gateway::Server> server_;
    std::string token_;
    std::thread serving_;
};

// Whoever uses such a server, in this process or another.
class LiveUser {
  public:
    LiveUser(std::uint16_t port, std::string token, const gateway::TlsFiles& tls);

    // A conversation of the first expert, as a topic and as the path of its messages. Throws when
    // it is refused, as the next ones do.
    struct Opened {
        std::string topic;
        std::string messages;
    };
    Opened open_conversation();
    void send(const std::string& messages, const std::string& text);
    std::string ticket();
    // Greets and follows the topic.
    LiveCrowd::Options crowd(std::size_t clients, const std::string& topic);

  private:
    std::string post(const std::string& target, const std::string& body);

    std::uint16_t port_;
    std::string token_;
    gateway::Client client_;
};

}  // namespace bench

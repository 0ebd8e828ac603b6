#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "events/kafka_client.hpp"
#include "gateway/client.hpp"
#include "ops/bench/load.hpp"

namespace gateway {
class App;
}

// The product as `serve --demo` runs it, on a scratch folder, under load over HTTP.
namespace bench {

// As `serve` has.
inline constexpr int kIoThreads = 1;

class Subject {
  public:
    struct Options {
        std::uint32_t flush_delay_us = 0;
        bool https = false;  // serves over TLS too, on a port of its own
        // As the only node of a cluster that has its log there.
        std::optional<events::KafkaConnection> kafka;
        bool background = false;  // policies and timers go on, too; a node's always do
    };
    // Throws std::runtime_error when it cannot start.
    Subject(const std::filesystem::path& scratch, const Options& options);
    ~Subject();
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::uint16_t https_port() const;  // with Options::https only
    [[nodiscard]] const std::string& token() const { return token_; }
    // Header lines that authenticate a request, each with its CRLF.
    [[nodiscard]] std::string headers() const;
    [[nodiscard]] gateway::Client client() const;

    // The path of a new conversation's messages. Throws std::runtime_error when it is refused.
    [[nodiscard]] std::string open_conversation(gateway::Client& client) const;
    // A message of that path. The same errors.
    void send(gateway::Client& client, const std::string& path, const std::string& text) const;
    // Messages of 200 bytes, each connection to a conversation of its own, opened now. Borrows
    // this.
    [[nodiscard]] NextRequest messages(std::size_t connections) const;
    [[nodiscard]] std::string get(gateway::Client& client, const std::string& target) const;

  private:
    void wait_served() const;

    struct Serving;
    std::unique_ptr<gateway::App> app_;
    std::unique_ptr<Serving> http_;
    std::unique_ptr<Serving> https_;
    std::string token_;
};

}  // namespace bench

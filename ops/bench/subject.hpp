#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "gateway/client.hpp"

namespace gateway {
class App;
class Server;
}  // namespace gateway

// The product as `serve --demo` runs it, on a scratch folder, under load over HTTP.
namespace bench {

// As `serve` has.
inline constexpr int kIoThreads = 1;

class Subject {
  public:
    // Throws std::runtime_error when it cannot start.
    Subject(const std::filesystem::path& scratch, std::uint32_t flush_delay_us);
    ~Subject();
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const std::string& token() const { return token_; }
    // Header lines that authenticate a request, each with its CRLF.
    [[nodiscard]] std::string headers() const;
    [[nodiscard]] gateway::Client client() const;

    // The path of a new conversation's messages. Throws std::runtime_error when it is refused.
    [[nodiscard]] std::string open_conversation(gateway::Client& client) const;
    // A message of that path. The same errors.
    void send(gateway::Client& client, const std::string& path, const std::string& text) const;
    [[nodiscard]] std::string get(gateway::Client& client, const std::string& target) const;

  private:
    std::unique_ptr<gateway::App> app_;
    std::unique_ptr<gateway::Server> server_;
    std::string token_;
    std::thread serving_;
};

}  // namespace bench

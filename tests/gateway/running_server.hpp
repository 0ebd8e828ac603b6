#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "gateway/server.hpp"
#include "tests/gateway/raw_client.hpp"

// A real server on a loopback port, and requests for it.
namespace test_support {

class RunningServer {
  public:
    explicit RunningServer(gateway::Handler handler,
                           gateway::Limits limits = {},
                           int threads = 1,
                           std::uint16_t port = 0)
        : RunningServer({.port = port, .threads = threads, .limits = limits}, std::move(handler)) {}
    RunningServer(const gateway::ServerOptions& options, gateway::Handler handler)
        : server_(started(options, std::move(handler))), thread_([this] { server_->run(); }) {}
    ~RunningServer() { stop(); }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return server_->port(); }
    void ask_to_stop() { server_->stop(); }
    [[nodiscard]] events::Status reload_certificates() const {
        return server_->reload_certificates();
    }
    void stop() {
        server_->stop();
        if (thread_.joinable()) thread_.join();
    }

  private:
    static std::unique_ptr<gateway::Server> started(const gateway::ServerOptions& options,
                                                    gateway::Handler handler) {
        auto server = gateway::Server::listen(options, std::move(handler));
        if (!server) throw std::runtime_error(server.error().detail);
        return *std::move(server);
    }

    std::unique_ptr<gateway::Server> server_;
    std::thread thread_;
};

// Answers with what it got, as "METHOD path query body", and counts.
struct Echo {
    std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);

    gateway::net::awaitable<gateway::Response> operator()(gateway::Request request) const {
        return answer(calls, std::move(request));
    }

  private:
    static gateway::net::awaitable<gateway::Response> answer(
        std::shared_ptr<std::atomic<int>> calls, gateway::Request request) {
        ++*calls;
        co_return gateway::Response{
            .status = 200,
            .content_type = "text/plain",
            .body = request.method + ' ' + request.path + ' ' + request.query + ' ' + request.body,
            .headers = {}};
    }
};

inline std::string get(std::string_view target, std::string_view more_fields = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" +
           std::string(more_fields) + "\r\n";
}

inline std::string post(std::string_view target, std::string_view body) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

}  // namespace test_support

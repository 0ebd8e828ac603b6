#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "events/error.hpp"

// A small blocking HTTP client for the program's own subcommands (import, checks): one keep-alive
// connection. Not thread-safe; one instance per thread.
namespace gateway {

struct Url {
    std::string host;
    std::string port;
};
// http://HOST[:PORT][/] only; kInvalidArgument otherwise.
events::Result<Url> parse_url(std::string_view text);

struct ClientResponse {
    unsigned status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    [[nodiscard]] std::string header(std::string_view lower_case_name) const;  // "" when absent
};

class Client {
  public:
    explicit Client(Url url, std::chrono::milliseconds timeout = std::chrono::seconds(30));
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    // Sends one request and waits for the whole answer. Opens the connection when needed and opens
    // it again once if the server had closed an idle one before any byte of the answer arrived (so
    // a POST must carry an Idempotency-Key). kUnavailable when the server cannot be reached, goes
    // away or takes longer than the time limit: the outcome of a POST is then unknown.
    events::Result<ClientResponse> request(
        std::string_view method,
        std::string_view target,
        const std::vector<std::pair<std::string, std::string>>& headers,
        std::string_view body);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

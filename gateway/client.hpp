#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/error.hpp"

// A small blocking client, HTTP and HTTPS, for the program's own subcommands (import, checks): one
// keep-alive connection. Not thread-safe; one instance per thread.
namespace gateway {

struct Url {
    std::string host;
    std::string port;
    bool tls = false;
};
// http://HOST[:PORT][/] or https://... only; kInvalidArgument otherwise.
events::Result<Url> parse_url(std::string_view text);

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

// Whom HTTPS believes; PEM files. Neither given: the machine's authorities, and the server's name
// must be the certificate's.
struct ClientTrust {
    std::filesystem::path authorities;  // instead of the machine's
    std::filesystem::path certificate;  // this one alone, whatever its name: for loopback and tests
};

// Who the client is to a server that asks for a certificate; PEM files.
struct ClientIdentity {
    std::filesystem::path certificate_chain;
    std::filesystem::path private_key;
};

struct ClientOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(30);  // of one call
    ClientTrust trust = {};
    ClientIdentity identity = {};    // empty: nobody
    std::string local_address = {};  // IPv4 to come from; empty: the machine's choice
};

struct ClientResponse {
    unsigned status = 0;
    std::string body;
    HeaderFields headers;  // names in lower case
    [[nodiscard]] std::string header(std::string_view lower_case_name) const;  // "" when absent
};

class Client {
  public:
    explicit Client(Url url, std::chrono::milliseconds timeout = std::chrono::seconds(30))
        : Client(std::move(url), ClientOptions{.timeout = timeout}) {}
    Client(Url url, ClientOptions options);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    // Sends one request, of any method, and waits for the whole answer. Opens the connection when
    // needed and opens it again once if the server had closed an idle one before any byte of the
    // answer arrived (so a POST must carry an Idempotency-Key). kUnavailable when the server cannot
    // be reached, goes away or takes longer than the time limit: the outcome of a POST is then
    // unknown. kInvalidArgument when what is to be trusted cannot be read, or the request cannot be
    // sent.
    events::Result<ClientResponse> request(std::string_view method,
                                           std::string_view target,
                                           const HeaderFields& headers,
                                           std::string_view body);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

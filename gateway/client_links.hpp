#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "gateway/client.hpp"
#include "gateway/http.hpp"
#include "gateway/live_port.hpp"

// Asynchronous exchanges with other servers, for whoever passes requests on: kept connections, a
// thread of its own. A response comes as it is, its body whole, or as a stream where the server
// sends it as it comes about.
namespace gateway {

class ClientLinks {
  public:
    struct Options {
        ClientTrust trust = {};
        ClientIdentity identity = {};
        std::chrono::milliseconds dial_timeout{2'000};
        std::chrono::milliseconds answer_timeout{15'000};
        std::chrono::milliseconds silence_timeout{60'000};        // of a stream, between two pieces
        std::uint64_t body_bytes_max = std::uint64_t{32} << 20U;  // of a response that is no stream
        std::size_t exchanges_max = 4'096;                        // at once; more are refused
    };
    explicit ClientLinks(Options options);
    ~ClientLinks();  // ends what is under way
    ClientLinks(const ClientLinks&) = delete;
    ClientLinks& operator=(const ClientLinks&) = delete;

    // Sends the request as it is, with `more` fields behind its own; what is about one connection
    // only is left out, of the answer too. Nothing is sent twice. kUnavailable when the server
    // cannot be reached or gives no whole answer in time: the outcome is not known then;
    // kOverloaded; kInvalidArgument for an address that is none.
    net::awaitable<events::Result<Response>> exchange(std::string server,
                                                      Request request,
                                                      HeaderFields more);

    // A WebSocket to a server. Thread-safe.
    class Socket {
      public:
        Socket() = default;
        virtual ~Socket() = default;
        Socket(const Socket&) = delete;
        Socket& operator=(const Socket&) = delete;
        // Queued until it is open; too much that waits ends it.
        virtual void send(std::string frame) = 0;
        virtual void close(std::uint16_t code) = 0;
    };
    // Opens one; its frames go into `sink`, which is closed with the server's code once it ends,
    // with kTryAgainLater where it could not be opened.
    std::shared_ptr<Socket> open(std::string server,
                                 std::string target,
                                 HeaderFields headers,
                                 std::shared_ptr<LiveSink> sink);

    // Exchanges, streams and sockets under way.
    [[nodiscard]] std::size_t open_now() const;

    struct Impl;  // for the links' own files

  private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace gateway

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <chrono>
#include <memory>
#include <optional>

#include "gateway/client.hpp"

// A connection to a server, opened and, for HTTPS, verified; for the clients' own files.
namespace gateway {

using ClientTcp = boost::beast::tcp_stream;
using ClientTls = boost::beast::ssl_stream<boost::beast::tcp_stream>;

// One of the two is there while the connection is open.
struct ClientLine {
    std::unique_ptr<ClientTcp> tcp;
    std::unique_ptr<ClientTls> tls;

    [[nodiscard]] bool is_open() const { return tcp != nullptr || tls != nullptr; }
    ClientTcp& lowest() { return tls ? tls->next_layer() : *tcp; }
    void close() {
        tcp.reset();
        tls.reset();
    }
};

class ClientDialler {
  public:
    // kInvalidArgument when what is to be trusted cannot be read, or the local address is none.
    static events::Result<ClientDialler> make(Url url, const ClientOptions& options);

    // Opens `line` until the deadline, or says why not. Everything here outlives the call.
    boost::asio::awaitable<boost::system::error_code> open(
        boost::asio::io_context& context,
        ClientLine& line,
        std::chrono::steady_clock::time_point deadline);

  private:
    explicit ClientDialler(Url url) : url_(std::move(url)) {}
    std::unique_ptr<ClientTls> over_tls(ClientTcp tcp);

    Url url_;
    std::optional<boost::asio::ip::address_v4> from_;
    std::optional<boost::asio::ssl::context> tls_;  // for HTTPS
    bool any_name_ = false;
};

}  // namespace gateway

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "gateway/http.hpp"
#include "gateway/http_forwarded.hpp"
#include "gateway/limits.hpp"
#include "gateway/live_port.hpp"
#include "gateway/tls.hpp"

// The HTTP/1.1 server: sockets, TLS, strict parsing, limits, keep-alive. It answers malformed
// requests itself, as problem documents, and closes.
namespace gateway {

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0 picks a free one
    int threads = 1;
    Limits limits;
    std::optional<TlsFiles> tls;                // HTTPS with this certificate; without: plain HTTP
    std::vector<AddressRange> trusted_proxies;  // whose fields say where a request comes from
    ForwardedBy forwarded_by = ForwardedBy::kXForwarded;  // and which of them
    // Where WebSockets are taken, by exact path. What is no WebSocket's opening request goes to the
    // handler, there too.
    std::map<std::string, LiveUpgrade, std::less<>> live;
};

class Server {
  public:
    // Binds and listens; requests are answered once run() is called. kInUse when the address is
    // taken, kInvalidArgument when it is none, or when the certificate cannot be used.
    static events::Result<std::unique_ptr<Server>> listen(const ServerOptions& options,
                                                          Handler handler);
    // After run() has returned, and after whatever could still answer a handler is gone: it would
    // hand its answer to threads that no longer exist.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    // Connections that are open, WebSockets among them. Any thread.
    [[nodiscard]] std::size_t open_connections() const;
    // Serves on `threads` threads and blocks until stop().
    void run();
    // From any thread, also a signal-handling one (not a raw signal handler): stops accepting,
    // closes WebSockets with 1001, ends streamed bodies and lets running requests finish. After
    // Limits::stop_timeout what is left is cut off and run() ends.
    void stop();
    // From any thread: reads certificate and key again, for the connections to come; those that are
    // open keep theirs. kInvalidArgument when the new ones cannot be used, or the server speaks
    // plain HTTP: nothing has changed then.
    events::Status reload_certificates();

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

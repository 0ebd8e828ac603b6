#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/client_dial.hpp"
#include "gateway/client_links.hpp"

// What the links share; for client_links*.cpp.
namespace gateway {

// One server and the connections to it that wait for the next request.
struct ClientPeer {
    Url url;
    std::shared_ptr<ClientDialler> dialler;
    std::vector<ClientLine> idle;
};

struct ClientLinks::Impl : std::enable_shared_from_this<ClientLinks::Impl> {
    explicit Impl(Options given) : options(std::move(given)), work(context.get_executor()) {}

    // All on the thread.
    events::Result<ClientPeer*> peer_of(const std::string& server);
    // A connection that the server has not ended, if one waits.
    static ClientLine take_idle(ClientPeer& peer);
    void give_back(const std::string& server, ClientLine line);

    const Options options;
    std::atomic<std::size_t> open{0};  // exchanges, streams and sockets; any thread
    net::io_context context{1};
    net::executor_work_guard<net::io_context::executor_type> work;
    std::map<std::string, ClientPeer, std::less<>> peers;
    std::thread thread;
};

// One more of what is under way, for as long as it lives.
class OpenLink {
  public:
    explicit OpenLink(std::shared_ptr<ClientLinks::Impl> links)
        : links_(std::move(links)), before_(links_->open++) {}
    ~OpenLink() { --links_->open; }
    OpenLink(const OpenLink&) = delete;
    OpenLink& operator=(const OpenLink&) = delete;
    [[nodiscard]] bool is_one_too_many() const { return before_ >= links_->options.exchanges_max; }

  private:
    const std::shared_ptr<ClientLinks::Impl> links_;
    const std::size_t before_;
};

// Opens a connection to the server, or takes one that waits.
net::awaitable<events::Result<ClientLine>> open_line(std::shared_ptr<ClientLinks::Impl> links,
                                                     std::string server,
                                                     bool fresh);

// The chunked body of an answer as it comes, piece by piece: read only as fast as the sink is
// emptied. The line is its own from here on; `begun` is what was read of the body already.
BodyStream stream_body(std::shared_ptr<ClientLinks::Impl> links,
                       ClientLine line,
                       std::string begun,
                       std::shared_ptr<OpenLink> counted);

}  // namespace gateway

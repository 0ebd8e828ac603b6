#include "gateway/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/log.hpp"
#include "gateway/server_session.hpp"

namespace gateway {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

// When the process has no file descriptor left, accepting again at once would only spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
// Connections beyond the limit that may be open for as long as their 503 takes; the rest is closed.
constexpr std::size_t kTurnedAwayMax = 64;

void log_escaped(const std::exception_ptr& failure) {
    if (failure) log_event(LogLevel::kError, "connection-failed");
}

PeerAddress address_of(const tcp::endpoint& peer) {
    const auto address = peer.address();
    if (address.is_v4()) return PeerAddress::of_v4(address.to_v4().to_bytes());
    return PeerAddress(address.to_v6().to_bytes());
}

using Lanes = std::vector<std::unique_ptr<Lane>>;

// Accepts on the first lane and deals connections out to all.
class Listener {
  public:
    Listener(ServerShared& shared, const TlsCertificate* certificate, Lanes& lanes)
        : shared_(shared),
          certificate_(certificate),
          lanes_(lanes),
          acceptor_(lanes.front()->context()) {}

    events::Status open(const std::string& address, std::uint16_t port);
    [[nodiscard]] std::uint16_t port() const { return port_; }
    static net::awaitable<void> accept(std::shared_ptr<Listener> self);
    // On the first lane's thread only.
    void close() {
        error_code ignored;
        closed_ = true;
        acceptor_.close(ignored);
    }

  private:
    void start(Socket socket, const PeerAddress& peer, Lane& lane);

    ServerShared& shared_;
    const TlsCertificate* certificate_;  // none: plain HTTP
    Lanes& lanes_;
    tcp::acceptor acceptor_;
    std::size_t next_lane_ = 0;
    std::uint16_t port_ = 0;
    bool closed_ = false;
};

events::Status Listener::open(const std::string& address, std::uint16_t port) {
    error_code failed;
    const auto parsed = net::ip::make_address(address, failed);
    if (failed) {
        return events::fail(events::Errc::kInvalidArgument,
                            fmt::format("'{}' is not an IP address to listen on", address));
    }
    const tcp::endpoint endpoint(parsed, port);
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
    if (failed) {
        const bool in_use = failed == net::error::address_in_use;
        return events::fail(
            in_use ? events::Errc::kInUse : events::Errc::kInvalidArgument,
            fmt::format("cannot listen on {} port {}: {}", address, port, failed.message()));
    }
    port_ = acceptor_.local_endpoint(failed).port();
    return {};
}

net::awaitable<void> Listener::accept(std::shared_ptr<Listener> self) {
    while (!self->closed_) {
        Lane& lane = *self->lanes_[self->next_lane_];
        tcp::endpoint peer;
        auto [failed, socket] = co_await self->acceptor_.async_accept(lane.context(), peer, kAwait);
        if (self->closed_) co_return;
        if (failed) {
            net::steady_timer pause(co_await net::this_coro::executor, kAcceptPause);
            co_await pause.async_wait(kAwait);
            continue;
        }
        self->next_lane_ = (self->next_lane_ + 1) % self->lanes_.size();
        self->start(std::move(socket), address_of(peer), lane);
    }
}

void Listener::start(Socket socket, const PeerAddress& peer, Lane& lane) {
    const bool turned_away = shared_.open_connections >= shared_.limits.connections_max;
    if (turned_away && shared_.turned_away >= kTurnedAwayMax) return;
    std::unique_ptr<TlsSession> tls;
    if (certificate_ != nullptr) {
        tls = certificate_->accept(socket.native_handle());
        if (!tls) return;
    }
    auto channel =
        std::make_unique<Channel>(std::move(socket),
                                  peer,
                                  lane,
                                  std::move(tls),
                                  turned_away ? shared_.turned_away : shared_.open_connections);
    auto session = std::make_shared<Session>(std::move(channel), shared_, lane);
    net::co_spawn(
        lane.context(),
        turned_away ? Session::turn_away(std::move(session)) : Session::serve(std::move(session)),
        log_escaped);
}

}  // namespace

struct Server::Impl {
    explicit Impl(int threads) {
        for (int i = 0; i < threads; ++i) lanes.push_back(std::make_unique<Lane>());
    }

    ServerShared shared;
    std::unique_ptr<TlsCertificate> certificate;
    Lanes lanes;
    std::shared_ptr<Listener> listener;

    std::mutex mutex;
    std::condition_variable changed;
    bool stop_asked = false;
    std::size_t lanes_running = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

events::Result<std::unique_ptr<Server>> Server::listen(const ServerOptions& options,
                                                       Handler handler) {
    if (options.threads < 1) {
        return events::fail(events::Errc::kInvalidArgument, "a server needs at least one thread");
    }
    auto impl = std::make_unique<Impl>(options.threads);
    impl->shared.limits = options.limits;
    impl->shared.handler = std::move(handler);
    impl->shared.live = options.live;
    impl->shared.trust = {.proxies = options.trusted_proxies, .fields = options.forwarded_by};
    if (options.tls) {
        auto loaded = TlsCertificate::load(*options.tls);
        if (!loaded) return std::unexpected(std::move(loaded.error()));
        impl->certificate = *std::move(loaded);
    }
    impl->listener = std::make_shared<Listener>(impl->shared, impl->certificate.get(), impl->lanes);
    if (auto opened = impl->listener->open(options.address, options.port); !opened) {
        return std::unexpected(std::move(opened.error()));
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
    return impl_->listener->port();
}

std::size_t Server::open_connections() const {
    return impl_->shared.open_connections;
}

void Server::run() {
    Impl& impl = *impl_;
    net::co_spawn(impl.lanes.front()->context(), Listener::accept(impl.listener), log_escaped);
    impl.lanes_running = impl.lanes.size();
    std::vector<std::jthread> threads;
    for (const auto& lane : impl.lanes) {
        threads.emplace_back([&impl, &context = lane->context()] {
            context.run();
            const std::lock_guard lock(impl.mutex);
            --impl.lanes_running;
            impl.changed.notify_all();
        });
    }
    std::unique_lock lock(impl.mutex);
    impl.changed.wait(lock, [&] { return impl.stop_asked; });
    impl.changed.wait_for(
        lock, impl.shared.limits.stop_timeout, [&] { return impl.lanes_running == 0; });
    lock.unlock();
    for (const auto& lane : impl.lanes) lane->context().stop();
    threads.clear();
    for (const auto& lane : impl.lanes) lane->abandon();
}

void Server::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        if (std::exchange(impl_->stop_asked, true)) return;
    }
    net::post(impl_->lanes.front()->context(), [listener = impl_->listener] { listener->close(); });
    for (const auto& lane : impl_->lanes) lane->stop();
    impl_->changed.notify_all();
}

events::Status Server::reload_certificates() {
    if (impl_->certificate) return impl_->certificate->reload();
    return events::fail(events::Errc::kInvalidArgument,
                        "there is no certificate to read again: the server speaks plain HTTP");
}

}  // namespace gateway

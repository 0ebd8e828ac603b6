#include "ops/bench/floor_live.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <thread>
#include <utility>
#include <vector>

namespace bench {
namespace {

namespace net = boost::asio;
namespace ssl = net::ssl;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using net::ip::tcp;
using Stream = websocket::stream<ssl::stream<tcp::socket>, false>;
using Text = std::shared_ptr<const std::string>;

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, ssl::context& tls) : stream_(std::move(socket), tls) {
        stream_.text(true);
        stream_.auto_fragment(false);
    }
    void start() {
        stream_.next_layer().async_handshake(
            ssl::stream_base::server, [self = shared_from_this()](error_code failed) {
                if (failed) return;
                self->stream_.async_accept([self](error_code refused) {
                    if (!refused) self->read();
                });
            });
    }
    void tell(Text text) {
        waiting_.push_back(std::move(text));
        if (waiting_.size() == 1) write();
    }

  private:
    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](error_code failed, std::size_t) {
            if (failed) return;
            self->buffer_.clear();
            self->read();
        });
    }
    void write() {
        stream_.async_write(net::buffer(*waiting_.front()),
                            [self = shared_from_this()](error_code failed, std::size_t) {
                                self->waiting_.pop_front();
                                if (!failed && !self->waiting_.empty()) self->write();
                            });
    }

    Stream stream_;
    beast::flat_buffer buffer_;
    std::deque<Text> waiting_;
};

struct Client {
    Client(net::io_context& context, ssl::context& tls) : stream(context, tls) {}
    void read(const LiveCrowd::Heard& heard) {
        stream.async_read(buffer, [this, &heard](error_code failed, std::size_t) {
            if (failed) return;
            const auto bytes = buffer.cdata();
            heard({static_cast<const char*>(bytes.data()), bytes.size()});
            buffer.clear();
            read(heard);
        });
    }
    Stream stream;
    beast::flat_buffer buffer;
};

}  // namespace

struct FloorLive::Impl {
    explicit Impl(const gateway::TlsFiles& files) {
        tls.use_certificate_chain_file(files.certificate_chain.string());
        tls.use_private_key_file(files.private_key.string(), ssl::context::pem);
        accept();
        worker = std::jthread([this] { context.run(); });
    }
    ~Impl() { context.stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void accept() {
        acceptor.async_accept([this](error_code failed, tcp::socket socket) {
            if (!failed) {
                error_code ignored;
                socket.set_option(tcp::no_delay(true), ignored);
                sessions.push_back(std::make_shared<Session>(std::move(socket), tls));
                sessions.back()->start();
            }
            accept();
        });
    }

    net::io_context context{1};
    ssl::context tls{ssl::context::tls_server};
    tcp::acceptor acceptor{context, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
    std::vector<std::shared_ptr<Session>> sessions;
    std::jthread worker;
};

FloorLive::FloorLive(const gateway::TlsFiles& tls) : impl_(std::make_unique<Impl>(tls)) {}
FloorLive::~FloorLive() = default;

std::uint16_t FloorLive::port() const {
    return impl_->acceptor.local_endpoint().port();
}

void FloorLive::tell_all(std::string text) {
    auto shared = std::make_shared<const std::string>(std::move(text));
    net::post(impl_->context, [impl = impl_.get(), shared = std::move(shared)] {
        for (const auto& session : impl->sessions) session->tell(shared);
    });
}

struct LiveCrowd::Impl {
    ~Impl() { context.stop(); }

    void open(const Options& options, std::size_t number) {
        auto client = std::make_unique<Client>(context, tls);
        auto& stream = client->stream;
        auto& socket = stream.next_layer().next_layer();
        socket.connect({net::ip::address_v4::loopback(), options.port});
        socket.set_option(tcp::no_delay(true));
        stream.next_layer().handshake(ssl::stream_base::client);
        stream.handshake("localhost", "/api/v1/live");
        stream.text(true);
        for (std::size_t step = 0; step < options.greeting_steps; ++step) {
            stream.write(net::buffer(options.greeting(number, step)));
            stream.read(client->buffer);
            client->buffer.clear();
        }
        clients.push_back(std::move(client));
    }

    net::io_context context{1};
    ssl::context tls{ssl::context::tls_client};
    std::vector<std::unique_ptr<Client>> clients;
    Heard heard;
    std::jthread worker;
};

LiveCrowd::LiveCrowd(const Options& options, Heard heard) : impl_(std::make_unique<Impl>()) {
    impl_->heard = std::move(heard);
    for (std::size_t i = 0; i < options.clients; ++i) impl_->open(options, i);
    for (const auto& client : impl_->clients) client->read(impl_->heard);
    impl_->worker = std::jthread([impl = impl_.get()] { impl->context.run(); });
}

LiveCrowd::~LiveCrowd() = default;

}  // namespace bench

#include "ops/bench/floor_beast.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::ip::tcp;

class EchoSession : public std::enable_shared_from_this<EchoSession> {
  public:
    EchoSession(tcp::socket socket, const std::string& answer)
        : socket_(std::move(socket)), answer_(answer) {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
    }

    void read() {
        request_ = {};
        http::async_read(socket_,
                         buffer_,
                         request_,
                         [self = shared_from_this()](error_code failed, std::size_t) {
                             if (!failed) self->write();
                         });
    }

  private:
    void write() {
        response_ = {http::status::created, request_.version()};
        response_.set(http::field::content_type, "application/json");
        response_.keep_alive(request_.keep_alive());
        response_.body() = answer_;
        response_.prepare_payload();
        http::async_write(
            socket_, response_, [self = shared_from_this()](error_code failed, std::size_t) {
                if (!failed && self->response_.keep_alive()) self->read();
            });
    }

    tcp::socket socket_;
    const std::string& answer_;
    beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    http::response<http::string_body> response_;
};

}  // namespace

struct FloorBeast::Impl {
    Impl(int threads, std::string_view given) : answer(given) {
        for (int i = 0; i < threads; ++i) contexts.push_back(std::make_unique<net::io_context>(1));
        acceptor.emplace(*contexts.front(), tcp::endpoint(net::ip::address_v4::loopback(), 0));
        accept();
        for (const auto& context : contexts) {
            guards.push_back(net::make_work_guard(*context));
            workers.emplace_back([&running = *context] { running.run(); });
        }
    }
    ~Impl() {
        for (const auto& context : contexts) context->stop();
        workers.clear();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    // Connections are dealt out to the threads, as our own server does.
    void accept() {
        net::io_context& context = *contexts[next++ % contexts.size()];
        acceptor->async_accept(context, [this, &context](error_code failed, tcp::socket socket) {
            if (!failed) {
                auto session = std::make_shared<EchoSession>(std::move(socket), answer);
                net::post(context, [session] { session->read(); });
            }
            accept();
        });
    }

    std::string answer;
    std::vector<std::unique_ptr<net::io_context>> contexts;
    std::vector<net::executor_work_guard<net::io_context::executor_type>> guards;
    std::optional<tcp::acceptor> acceptor;
    std::size_t next = 0;
    std::vector<std::jthread> workers;
};

FloorBeast::FloorBeast(int threads, std::string_view answer)
    : impl_(std::make_unique<Impl>(threads, answer)) {}
FloorBeast::~FloorBeast() = default;

std::uint16_t FloorBeast::port() const {
    return impl_->acceptor->local_endpoint().port();
}

}  // namespace bench

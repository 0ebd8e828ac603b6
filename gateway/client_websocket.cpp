#include "gateway/client_websocket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/client_dial.hpp"
#include "gateway/http_head.hpp"

namespace gateway {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using events::Errc;
using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t kMessageBytesMax = std::size_t{16} * 1024 * 1024;

std::unexpected<events::Error> unavailable(const Url& url, const error_code& failed) {
    return events::fail(Errc::kUnavailable,
                        fmt::format("{}:{}: {}", url.host, url.port, failed.message()));
}

bool may_be_sent(std::string_view target, const HeaderFields& headers) {
    return target.starts_with('/') &&
           std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; }) &&
           std::ranges::all_of(headers, [](const auto& field) {
               return is_token(field.first) && is_field_value(field.second);
           });
}

}  // namespace

struct WebSocketClient::Impl {
    virtual ~Impl() = default;
    virtual void handshake(const std::string& host,
                           std::string_view target,
                           const HeaderFields& headers) = 0;
    virtual void start_read() = 0;
    virtual void start_write(std::string_view text) = 0;
    virtual void start_close(std::uint16_t code) = 0;
    virtual void drop() = 0;
    [[nodiscard]] virtual std::uint16_t close_code() const = 0;
    // Whether the server's close frame came.
    [[nodiscard]] virtual bool is_answered() const = 0;

    // Runs what was begun until it is done; false when the time is up before.
    bool run(const std::optional<error_code>& done, Time until) {
        while (!done) {
            context->restart();
            if (context->run_one_until(until) == 0 && !done) return false;
        }
        return true;
    }
    [[nodiscard]] Time soon() const { return std::chrono::steady_clock::now() + timeout; }

    Url url;
    std::chrono::milliseconds timeout{};
    std::unique_ptr<net::io_context> context;
    websocket::response_type response;
    beast::flat_buffer message;
    bool reading = false;
    std::optional<error_code> opened;
    std::optional<error_code> read;
    std::optional<error_code> written;
    std::optional<error_code> closed;
};

template <class Stream>
struct WebSocketClient::Over final : Impl {
    explicit Over(Stream line) : stream(std::move(line)) {
        stream.read_message_max(kMessageBytesMax);
        stream.auto_fragment(false);
        stream.text(true);
    }
    void handshake(const std::string& host,
                   std::string_view target,
                   const HeaderFields& headers) override {
        stream.set_option(
            websocket::stream_base::decorator([&headers](websocket::request_type& request) {
                for (const auto& [name, value] : headers) request.insert(name, value);
            }));
        stream.async_handshake(response,
                               host,
                               beast::string_view(target.data(), target.size()),
                               [this](error_code failed) { opened = failed; });
    }
    void start_read() override {
        stream.async_read(message, [this](error_code failed, std::size_t) { read = failed; });
    }
    void start_write(std::string_view text) override {
        stream.async_write(net::buffer(text),
                           [this](error_code failed, std::size_t) { written = failed; });
    }
    void start_close(std::uint16_t code) override {
        stream.async_close(static_cast<websocket::close_code>(code),
                           [this](error_code failed) { closed = failed; });
    }
    void drop() override { beast::get_lowest_layer(stream).close(); }
    [[nodiscard]] std::uint16_t close_code() const override {
        constexpr std::uint16_t kNoWord = 1006;
        const auto code = static_cast<std::uint16_t>(stream.reason().code);
        return code == 0 ? kNoWord : code;
    }

    [[nodiscard]] bool is_answered() const override { return stream.reason().code != 0; }

    websocket::stream<Stream, false> stream;
};

events::Result<WebSocketClient> WebSocketClient::open(const Url& url,
                                                      std::string_view target,
                                                      const HeaderFields& headers,
                                                      const ClientOptions& options) {
    if (!may_be_sent(target, headers)) {
        return events::fail(Errc::kInvalidArgument, "the target or a header field cannot be sent");
    }
    auto dialler = ClientDialler::make(url, options);
    if (!dialler) return std::unexpected(dialler.error());
    auto context = std::make_unique<net::io_context>(1);
    const Time deadline = std::chrono::steady_clock::now() + options.timeout;
    ClientLine line;
    std::optional<error_code> dialled;
    net::co_spawn(*context,
                  dialler->open(*context, line, deadline),
                  [&](const std::exception_ptr& thrown, error_code failed) {
                      dialled = thrown ? error_code(net::error::no_memory) : failed;
                  });
    context->run();
    if (*dialled) return unavailable(url, *dialled);
    line.lowest().expires_never();

    std::unique_ptr<Impl> impl;
    if (line.tls) {
        impl = std::make_unique<Over<ClientTls>>(std::move(*line.tls));
    } else {
        impl = std::make_unique<Over<ClientTcp>>(std::move(*line.tcp));
    }
    line.close();
    impl->url = url;
    impl->timeout = options.timeout;
    impl->context = std::move(context);
    WebSocketClient client(std::move(impl));
    Impl& made = *client.impl_;
    made.handshake(fmt::format("{}:{}", url.host, url.port), target, headers);
    if (!made.run(made.opened, deadline)) return unavailable(url, beast::error::timeout);
    if (*made.opened == websocket::error::upgrade_declined) {
        return events::fail(Errc::kUnavailable,
                            fmt::format("{}:{}: no WebSocket was opened: status {}",
                                        url.host,
                                        url.port,
                                        made.response.result_int()));
    }
    if (*made.opened) return unavailable(url, *made.opened);
    return client;
}

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebSocketClient::~WebSocketClient() {
    if (!impl_) return;
    impl_->drop();
    impl_->context->restart();
    impl_->context->run();
}

WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;

events::Status WebSocketClient::send(std::string_view text) {
    impl_->written.reset();
    impl_->start_write(text);
    if (!impl_->run(impl_->written, impl_->soon())) {
        // `text` is the caller's: the write must not outlive the call.
        impl_->drop();
        impl_->run(impl_->written, Time::max());
        return unavailable(impl_->url, beast::error::timeout);
    }
    if (*impl_->written) return unavailable(impl_->url, *impl_->written);
    return {};
}

WebSocketClient::Received WebSocketClient::read(std::chrono::milliseconds time) {
    if (!std::exchange(impl_->reading, true)) {
        impl_->read.reset();
        impl_->start_read();
    }
    if (!impl_->run(impl_->read, std::chrono::steady_clock::now() + time)) {
        return {.kind = Received::Kind::kNothing, .text = {}};
    }
    impl_->reading = false;
    if (*impl_->read) {
        return {.kind = Received::Kind::kClosed, .text = {}, .close_code = impl_->close_code()};
    }
    Received received{.kind = Received::Kind::kText,
                      .text = beast::buffers_to_string(impl_->message.data())};
    impl_->message.clear();
    return received;
}

events::Status WebSocketClient::close(std::uint16_t code) {
    impl_->start_close(code);
    if (!impl_->run(impl_->closed, impl_->soon())) {
        return unavailable(impl_->url, beast::error::timeout);
    }
    // Once the server has answered, how it ends the line below says nothing more: over TLS it need
    // not take leave a second time.
    if (*impl_->closed && !impl_->is_answered()) return unavailable(impl_->url, *impl_->closed);
    return {};
}

}  // namespace gateway

#include "gateway/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/client_dial.hpp"
#include "gateway/http_head.hpp"

namespace gateway {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using events::Errc;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);
constexpr std::uint32_t kHeaderBytesMax = 64 * 1024;
constexpr std::uint64_t kBodyBytesMax = std::uint64_t{64} * 1024 * 1024;

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

bool is_visible_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_bracketed(std::string_view host) {
    return host.starts_with('[');
}

events::Result<std::string> request_bytes(const Url& url,
                                          std::string_view method,
                                          std::string_view target,
                                          const HeaderFields& headers,
                                          std::string_view body) {
    if (!is_token(method) || !target.starts_with('/') || !is_visible_ascii(target)) {
        return events::fail(Errc::kInvalidArgument, "the method or target cannot be sent");
    }
    std::string bytes =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\n", method, target, url.host, url.port);
    for (const auto& [name, value] : headers) {
        if (!is_token(name) || !is_field_value(value)) {
            return events::fail(Errc::kInvalidArgument, "a header field cannot be sent");
        }
        bytes.append(name).append(": ").append(value).append("\r\n");
    }
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
        bytes += fmt::format("Content-Length: {}\r\n", body.size());
    }
    bytes.append("\r\n").append(body);
    return bytes;
}

}  // namespace

events::Result<Url> parse_url(std::string_view text) {
    constexpr std::string_view kPlain = "http://";
    constexpr std::string_view kSecure = "https://";
    const auto refused = [] {
        return events::fail(Errc::kInvalidArgument,
                            "a server is named as http://HOST[:PORT] or https://HOST[:PORT]");
    };
    const bool tls = text.starts_with(kSecure);
    if (!tls && !text.starts_with(kPlain)) return refused();
    text.remove_prefix(tls ? kSecure.size() : kPlain.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    const auto bracket = is_bracketed(text) ? text.find(']') : 0;
    if (bracket == std::string_view::npos) return refused();
    const auto colon = text.find(':', bracket);
    Url url{.host = std::string(text.substr(0, colon)), .port = tls ? "443" : "80", .tls = tls};
    if (colon != std::string_view::npos) url.port = text.substr(colon + 1);
    if (url.port.empty() || !is_host(fmt::format("{}:{}", url.host, url.port))) return refused();
    return url;
}

std::string ClientResponse::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers) {
        if (name == lower_case_name) return value;
    }
    return {};
}

struct Client::Impl {
    Impl(Url to, ClientOptions given) : url(std::move(to)), options(std::move(given)) {}

    // Both are awaited by attempt(), which blocks until they are done.
    net::awaitable<void> exchange();
    template <class Stream>
    net::awaitable<void> exchange_over(Stream& stream);
    void attempt();
    events::Result<ClientResponse> request(std::string_view bytes, bool is_head);

    Url url;
    ClientOptions options;
    std::optional<ClientDialler> dialler;  // from the first request on
    std::chrono::steady_clock::time_point deadline;
    net::io_context context{1};
    ClientLine line;
    beast::flat_buffer buffer;

    // The request under way and what became of its last attempt.
    std::string_view request_bytes;
    bool head_only = false;
    http::response<http::string_body> message;
    error_code failed;
    bool answered = false;  // some byte of an answer had arrived
};

net::awaitable<void> Client::Impl::exchange() {
    if (!line.is_open()) {
        buffer.clear();
        failed = co_await dialler->open(context, line, deadline);
        if (failed) co_return;
    }
    line.lowest().expires_at(deadline);
    if (line.tls) {
        co_await exchange_over(*line.tls);
    } else {
        co_await exchange_over(*line.tcp);
    }
}

template <class Stream>
net::awaitable<void> Client::Impl::exchange_over(Stream& stream) {
    const auto [unsent, sent] = co_await net::async_write(
        stream, net::buffer(request_bytes.data(), request_bytes.size()), kAwait);
    http::response_parser<http::string_body> parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(kBodyBytesMax);
    parser.skip(head_only);
    // A server that refuses a request early may have answered before it stopped reading.
    const auto [unread, got] = co_await http::async_read(stream, buffer, parser, kAwait);
    answered = parser.got_some() || buffer.size() > 0;
    failed = unsent && unread ? unsent : unread;
    if (failed) co_return;
    if (!parser.keep_alive()) line.close();
    message = parser.release();
}

void Client::Impl::attempt() {
    failed = {};
    answered = false;
    std::exception_ptr thrown;
    net::co_spawn(context, exchange(), [&thrown](std::exception_ptr failure) {
        thrown = std::move(failure);
    });
    context.restart();
    context.run();
    if (thrown || failed) line.close();
    if (thrown) std::rethrow_exception(thrown);
}

events::Result<ClientResponse> Client::Impl::request(std::string_view bytes, bool is_head) {
    if (!dialler) {
        auto made = ClientDialler::make(url, options);
        if (!made) return std::unexpected(made.error());
        dialler = *std::move(made);
    }
    deadline = std::chrono::steady_clock::now() + options.timeout;
    request_bytes = bytes;
    head_only = is_head;
    const bool reused = line.is_open();
    attempt();
    if (failed && failed != beast::error::timeout && reused && !answered) attempt();
    if (failed) {
        return events::fail(Errc::kUnavailable,
                            fmt::format("{}:{}: {}", url.host, url.port, failed.message()));
    }
    ClientResponse response{
        .status = message.result_int(), .body = std::move(message.body()), .headers = {}};
    for (const auto& field : message) {
        response.headers.emplace_back(lower_case(field.name_string()), field.value());
    }
    return response;
}

Client::Client(Url url, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(url), std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

events::Result<ClientResponse> Client::request(std::string_view method,
                                               std::string_view target,
                                               const HeaderFields& headers,
                                               std::string_view body) {
    const auto bytes = request_bytes(impl_->url, method, target, headers, body);
    if (!bytes) return std::unexpected(bytes.error());
    return impl_->request(*bytes, method == "HEAD");
}

}  // namespace gateway

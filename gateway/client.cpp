#include "gateway/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "gateway/http_head.hpp"

namespace gateway {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using events::Errc;
using net::ip::tcp;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);
constexpr std::uint32_t kHeaderBytesMax = 64 * 1024;
constexpr std::uint64_t kBodyBytesMax = std::uint64_t{64} * 1024 * 1024;

using Headers = std::vector<std::pair<std::string, std::string>>;

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
                                          const Headers& headers,
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
    constexpr std::string_view kScheme = "http://";
    const auto refused = [] {
        return events::fail(Errc::kInvalidArgument, "a server is named as http://HOST[:PORT]");
    };
    if (!text.starts_with(kScheme)) return refused();
    text.remove_prefix(kScheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    const auto bracket = is_bracketed(text) ? text.find(']') : 0;
    if (bracket == std::string_view::npos) return refused();
    const auto colon = text.find(':', bracket);
    Url url{.host = std::string(text.substr(0, colon)), .port = "80"};
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
    Impl(Url to, std::chrono::milliseconds limit) : url(std::move(to)), timeout(limit) {}

    // Both are awaited by attempt(), which blocks until they are done.
    net::awaitable<error_code> connect();
    net::awaitable<void> exchange();
    void attempt();
    events::Result<ClientResponse> request(std::string_view bytes, bool is_head);

    Url url;
    std::chrono::milliseconds timeout;
    std::chrono::steady_clock::time_point deadline;
    net::io_context context{1};
    std::unique_ptr<beast::tcp_stream> stream;  // none while no connection is open
    beast::flat_buffer buffer;

    // The request under way and what became of its last attempt.
    std::string_view request_bytes;
    bool head_only = false;
    http::response<http::string_body> message;
    error_code failed;
    bool answered = false;  // some byte of an answer had arrived
};

net::awaitable<error_code> Client::Impl::connect() {
    std::string host = url.host;
    if (is_bracketed(host)) host = host.substr(1, host.size() - 2);
    tcp::resolver resolver(context);
    const auto [unresolved, endpoints] =
        co_await resolver.async_resolve(host, url.port, tcp::resolver::numeric_service, kAwait);
    if (unresolved) co_return unresolved;
    stream = std::make_unique<beast::tcp_stream>(context);
    stream->expires_at(deadline);
    const auto [unconnected, endpoint] = co_await stream->async_connect(endpoints, kAwait);
    if (unconnected) co_return unconnected;
    error_code ignored;
    stream->socket().set_option(tcp::no_delay(true), ignored);
    buffer.clear();
    co_return error_code{};
}

net::awaitable<void> Client::Impl::exchange() {
    if (!stream) {
        failed = co_await connect();
        if (failed) co_return;
    }
    stream->expires_at(deadline);
    const auto [unsent, sent] = co_await net::async_write(
        *stream, net::buffer(request_bytes.data(), request_bytes.size()), kAwait);
    http::response_parser<http::string_body> parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(kBodyBytesMax);
    parser.skip(head_only);
    // A server that refuses a request early may have answered before it stopped reading.
    const auto [unread, got] = co_await http::async_read(*stream, buffer, parser, kAwait);
    answered = parser.got_some() || buffer.size() > 0;
    failed = unsent && unread ? unsent : unread;
    if (failed) co_return;
    if (!parser.keep_alive()) stream.reset();
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
    if (thrown || failed) stream.reset();
    if (thrown) std::rethrow_exception(thrown);
}

events::Result<ClientResponse> Client::Impl::request(std::string_view bytes, bool is_head) {
    deadline = std::chrono::steady_clock::now() + timeout;
    request_bytes = bytes;
    head_only = is_head;
    const bool reused = stream != nullptr;
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

Client::Client(Url url, std::chrono::milliseconds timeout)
    : impl_(std::make_unique<Impl>(std::move(url), timeout)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

events::Result<ClientResponse> Client::request(std::string_view method,
                                               std::string_view target,
                                               const Headers& headers,
                                               std::string_view body) {
    const auto bytes = request_bytes(impl_->url, method, target, headers, body);
    if (!bytes) return std::unexpected(bytes.error());
    return impl_->request(*bytes, method == "HEAD");
}

}  // namespace gateway

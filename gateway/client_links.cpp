#include "gateway/client_links.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/client_line.hpp"
#include "gateway/client_links_impl.hpp"
#include "gateway/http_head.hpp"

namespace gateway {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using events::Errc;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kHeaderBytesMax = 64 * 1024;
constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
constexpr std::size_t kIdleLinesMax = 64;  // of one server

// What is about one connection only (RFC 9110, 7.6.1), and what says where a message ends.
constexpr std::array<std::string_view, 11> kOfTheConnection{"connection",
                                                            "content-length",
                                                            "content-type",
                                                            "date",
                                                            "expect",
                                                            "keep-alive",
                                                            "proxy-connection",
                                                            "te",
                                                            "trailer",
                                                            "transfer-encoding",
                                                            "upgrade"};

bool is_of_the_connection(std::string_view name) {
    return std::ranges::any_of(
        kOfTheConnection, [name](std::string_view own) { return equals_ignoring_case(name, own); });
}

std::string request_bytes(const Request& request, const HeaderFields& more) {
    std::string bytes = fmt::format("{} {}{}{} HTTP/1.1\r\n",
                                    request.method,
                                    request.path,
                                    request.query.empty() ? "" : "?",
                                    request.query);
    const auto add = [&bytes](std::string_view name, std::string_view value) {
        bytes.append(name).append(": ").append(value).append("\r\n");
    };
    for (const auto& [name, value] : request.headers) {
        // A request says what its body is, where an answer's is a member of its own.
        if (!is_of_the_connection(name) || name == "content-type") add(name, value);
    }
    for (const auto& [name, value] : more) add(name, value);
    const bool says_length = !request.body.empty() || request.method == "POST" ||
                             request.method == "PUT" || request.method == "PATCH";
    if (says_length) add("Content-Length", fmt::format("{}", request.body.size()));
    bytes.append("\r\n").append(request.body);
    return bytes;
}

template <class Message>
Response response_of(const Message& message) {
    Response response{.status = message.result_int(),
                      .content_type = std::string(message[http::field::content_type])};
    for (const auto& field : message) {
        const std::string_view name(field.name_string().data(), field.name_string().size());
        if (is_of_the_connection(name)) continue;
        response.headers.emplace_back(name, field.value());
    }
    return response;
}

events::Error unreachable(const std::string& server, const error_code& failed) {
    return {Errc::kUnavailable, fmt::format("{}: {}", server, failed.message())};
}

// Whether the other side has neither ended the connection nor said anything unasked.
bool is_quiet(ClientTcp& tcp) {
    char byte = 0;
    const auto got = recv(tcp.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool is_event_stream(const http::response<http::empty_body>& head) {
    const auto type = head[http::field::content_type];
    return std::string_view(type.data(), type.size()).starts_with("text/event-stream");
}

struct Asked {
    std::shared_ptr<ClientLinks::Impl> links;
    std::string server;
    Request request;
    HeaderFields more;
    std::shared_ptr<OpenLink> counted;
};

// Reads until the parser has what it waits for; what was read beyond stays in `buffer`. The caller
// awaits this at once.
template <class Parser, class Enough>
net::awaitable<error_code> read_into(ClientLine& line,
                                     std::string& buffer,
                                     Parser& parser,
                                     Enough enough) {
    std::array<char, kReadBytes> piece{};
    while (true) {
        error_code failed;
        while (!buffer.empty() && !enough(parser)) {
            const auto taken = parser.put(net::buffer(buffer), failed);
            buffer.erase(0, taken);
            if (failed == http::error::need_more || taken == 0) break;
            if (failed) co_return failed;
        }
        if (enough(parser)) co_return error_code{};
        const auto count = co_await read_some(line, piece);
        if (count) {
            buffer.append(piece.data(), *count);
            continue;
        }
        // A body without a length ends with its connection; who says nothing has not answered.
        error_code cut = count.error();
        if (cut == net::error::eof && parser.got_some()) parser.put_eof(cut);
        co_return cut;
    }
}

net::awaitable<events::Result<Response>> exchange_on(Asked asked) {
    auto line = co_await open_line(asked.links, asked.server, false);
    if (!line) co_return std::unexpected(line.error());
    const auto& options = asked.links->options;
    line->lowest().expires_after(options.answer_timeout);
    const std::string bytes = request_bytes(asked.request, asked.more);
    const auto unsent = co_await write_all(*line, bytes);
    std::string buffer;
    http::response_parser<http::empty_body> head;
    head.header_limit(kHeaderBytesMax);
    head.body_limit(boost::none);
    // A server that refuses a request early may have answered before it stopped reading.
    const auto unread = co_await read_into(
        *line, buffer, head, [](const auto& parser) { return parser.is_header_done(); });
    if (unread) co_return std::unexpected(unreachable(asked.server, unsent ? unsent : unread));
    if (is_event_stream(head.get())) {
        Response response = response_of(head.get());
        response.stream =
            stream_body(asked.links, std::move(*line), std::move(buffer), asked.counted);
        co_return response;
    }
    http::response_parser<http::string_body> whole(std::move(head));
    whole.eager(true);
    whole.body_limit(options.body_bytes_max);
    const auto cut = co_await read_into(
        *line, buffer, whole, [](const auto& parser) { return parser.is_done(); });
    if (cut) co_return std::unexpected(unreachable(asked.server, cut));
    const bool keeps = whole.keep_alive() && buffer.empty();
    auto message = whole.release();
    Response response = response_of(message);
    response.body = std::move(message.body());
    if (keeps) asked.links->give_back(asked.server, std::move(*line));
    co_return response;
}

}  // namespace

events::Result<ClientPeer*> ClientLinks::Impl::peer_of(const std::string& server) {
    const auto known = peers.find(server);
    if (known != peers.end()) return &known->second;
    auto url = parse_url(server);
    if (!url) return std::unexpected(url.error());
    auto dialler = ClientDialler::make(
        *url, {.trust = options.trust, .identity = options.identity, .local_address = {}});
    if (!dialler) return std::unexpected(dialler.error());
    ClientPeer peer{.url = *std::move(url),
                    .dialler = std::make_shared<ClientDialler>(*std::move(dialler)),
                    .idle = {}};
    return &peers.emplace(server, std::move(peer)).first->second;
}

ClientLine ClientLinks::Impl::take_idle(ClientPeer& peer) {
    while (!peer.idle.empty()) {
        ClientLine line = std::move(peer.idle.back());
        peer.idle.pop_back();
        if (is_quiet(line.lowest())) return line;
    }
    return {};
}

void ClientLinks::Impl::give_back(const std::string& server, ClientLine line) {
    const auto peer = peers.find(server);
    if (peer == peers.end() || peer->second.idle.size() >= kIdleLinesMax) return;
    line.lowest().expires_never();
    peer->second.idle.push_back(std::move(line));
}

net::awaitable<events::Result<ClientLine>> open_line(std::shared_ptr<ClientLinks::Impl> links,
                                                     std::string server,
                                                     bool fresh) {
    const auto peer = links->peer_of(server);
    if (!peer) co_return std::unexpected(peer.error());
    ClientLine line;
    if (!fresh) line = ClientLinks::Impl::take_idle(**peer);
    if (line.is_open()) co_return line;
    const auto dialler = (*peer)->dialler;
    const auto failed =
        co_await dialler->open(links->context, line, Clock::now() + links->options.dial_timeout);
    if (failed) co_return std::unexpected(unreachable(server, failed));
    co_return line;
}

ClientLinks::ClientLinks(Options options) : impl_(std::make_shared<Impl>(std::move(options))) {
    impl_->thread = std::thread([impl = impl_.get()] { impl->context.run(); });
}

ClientLinks::~ClientLinks() {
    impl_->context.stop();
    if (impl_->thread.joinable()) impl_->thread.join();
}

net::awaitable<events::Result<Response>> ClientLinks::exchange(std::string server,
                                                               Request request,
                                                               HeaderFields more) {
    Asked asked{.links = impl_,
                .server = std::move(server),
                .request = std::move(request),
                .more = std::move(more),
                .counted = std::make_shared<OpenLink>(impl_)};
    if (asked.counted->is_one_too_many()) {
        co_return events::fail(Errc::kOverloaded, "too many requests are passed on at once");
    }
    co_return co_await net::co_spawn(
        impl_->context, exchange_on(std::move(asked)), net::use_awaitable);
}

std::size_t ClientLinks::open_now() const {
    return impl_->open;
}

}  // namespace gateway

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/client_line.hpp"
#include "gateway/client_links_impl.hpp"
#include "gateway/websocket_frames.hpp"

namespace gateway {
namespace {

using boost::system::error_code;

// What a client has sent and the other node has not taken; more ends the socket.
constexpr std::size_t kWaitingBytesMax = std::size_t{256} * 1024;
constexpr std::size_t kMessageBytesMax = std::size_t{4} << 20U;
constexpr std::size_t kHeadBytesMax = std::size_t{16} * 1024;
constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;
// A server pings a silent socket long before.
constexpr std::chrono::minutes kSilence{5};
constexpr std::uint16_t kGoneCode = close_code::kTryAgainLater;

std::string opening_bytes(const Url& url, const std::string& target, const HeaderFields& headers) {
    std::array<std::uint8_t, 16> nonce{};
    events::fill_random(nonce);
    std::array<unsigned char, 25> key{};  // in base64, with its end
    EVP_EncodeBlock(key.data(), nonce.data(), static_cast<int>(nonce.size()));
    std::string bytes = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n",
        target,
        url.host,
        url.port,
        reinterpret_cast<const char*>(key.data()));
    for (const auto& [name, value] : headers) bytes += name + ": " + value + "\r\n";
    return bytes + "\r\n";
}

// All but send() and close(): on the links' thread.
class LinkSocket final : public ClientLinks::Socket,
                         public std::enable_shared_from_this<LinkSocket> {
  public:
    LinkSocket(std::shared_ptr<ClientLinks::Impl> links, std::shared_ptr<LiveSink> sink)
        : links_(std::move(links)), counted_(links_), sink_(std::move(sink)) {}

    void send(std::string frame) override {
        net::post(links_->context, [self = shared_from_this(), frame = std::move(frame)] {
            self->put(write_frame(FrameKind::kText, frame));
        });
    }
    void close(std::uint16_t code) override {
        net::post(links_->context, [self = shared_from_this(), code] {
            self->put(write_close_frame(code));
            self->closing_ = true;
        });
    }

    // Opens it and passes on what comes, until either side ends.
    static net::awaitable<void> run(std::shared_ptr<LinkSocket> self,
                                    std::string server,
                                    std::string target,
                                    HeaderFields headers) {
        std::uint16_t code = kGoneCode;
        if (co_await self->open(server, target, headers)) code = co_await self->pass_on();
        self->ended_ = true;
        self->sink_->close(code, "");
        if (!self->writing_) self->line_.close();
    }

  private:
    // Awaited at once by run(), like the others.
    net::awaitable<bool> open(const std::string& server,
                              const std::string& target,
                              const HeaderFields& headers) {
        auto line = co_await open_line(links_, server, true);
        const auto peer = links_->peer_of(server);
        if (!line || !peer) co_return false;
        line_ = *std::move(line);
        line_.lowest().expires_after(links_->options.answer_timeout);
        const auto bytes = opening_bytes((*peer)->url, target, headers);
        if (co_await write_all(line_, bytes)) co_return false;
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            if (head.size() > kHeadBytesMax || !co_await read_more(head)) co_return false;
        }
        if (!head.starts_with("HTTP/1.1 101 ")) co_return false;
        reader_.feed(std::string_view(head).substr(head.find("\r\n\r\n") + 4));
        open_ = true;
        write_soon();
        co_return true;
    }
    net::awaitable<bool> read_more(std::string& into) {
        std::array<char, kPieceBytes> piece{};
        const auto count = co_await read_some(line_, piece);
        if (count) into.append(piece.data(), *count);
        co_return count.has_value();
    }

    // Gives the code that the client is to be told.
    net::awaitable<std::uint16_t> pass_on() {
        while (true) {
            while (auto message = reader_.next()) {
                if (message->kind == FrameKind::kClose) {
                    put(write_frame(FrameKind::kClose, message->payload.substr(0, 2)));
                    co_return close_code_of(message->payload);
                }
                if (message->kind == FrameKind::kPing) {
                    put(write_frame(FrameKind::kPong, message->payload));
                } else if (message->kind == FrameKind::kText) {
                    sink_->send(std::make_shared<const std::string>(std::move(message->payload)));
                }
            }
            std::string more;
            line_.lowest().expires_after(kSilence);
            if (reader_.broken() || !co_await read_more(more)) co_return kGoneCode;
            reader_.feed(more);
        }
    }

    void put(const std::string& bytes) {
        if (ended_ || closing_) return;
        waiting_ += bytes;
        if (waiting_.size() > kWaitingBytesMax && open_) return line_.lowest().cancel();
        write_soon();
    }
    void write_soon() {
        if (!open_ || writing_ || waiting_.empty()) return;
        writing_ = true;
        net::co_spawn(
            links_->context, write_out(shared_from_this()), [](const std::exception_ptr&) {});
    }
    static net::awaitable<void> write_out(std::shared_ptr<LinkSocket> self) {
        while (!self->waiting_.empty()) {
            const auto bytes = std::exchange(self->waiting_, {});
            if (co_await write_all(self->line_, bytes)) break;
        }
        self->writing_ = false;
        if (self->ended_) self->line_.close();
    }

    const std::shared_ptr<ClientLinks::Impl> links_;
    const OpenLink counted_;
    const std::shared_ptr<LiveSink> sink_;
    ClientLine line_;
    FrameReader reader_{kMessageBytesMax};
    std::string waiting_;  // frames to be written
    bool open_ = false;
    bool writing_ = false;
    bool closing_ = false;  // the client has gone: nothing more is put
    bool ended_ = false;
};

}  // namespace

std::shared_ptr<ClientLinks::Socket> ClientLinks::open(std::string server,
                                                       std::string target,
                                                       HeaderFields headers,
                                                       std::shared_ptr<LiveSink> sink) {
    auto socket = std::make_shared<LinkSocket>(impl_, std::move(sink));
    net::co_spawn(impl_->context,
                  LinkSocket::run(socket, std::move(server), std::move(target), std::move(headers)),
                  [](const std::exception_ptr&) {});
    return socket;
}

}  // namespace gateway

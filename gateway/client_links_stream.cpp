#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <limits>
#include <string>
#include <utility>

#include "gateway/client_line.hpp"
#include "gateway/client_links_impl.hpp"
#include "gateway/http_chunked.hpp"

namespace gateway {
namespace {

constexpr auto kAwait = net::as_tuple(net::use_awaitable);
constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;
constexpr std::size_t kTrailerBytesMax = std::size_t{8} * 1024;
// More than this is not read ahead of a slow client.
constexpr std::size_t kAheadBytesMax = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds kLookAgainAfter{20};

// All but the constructor: on the links' thread.
class Relayed {
  public:
    Relayed(std::shared_ptr<ClientLinks::Impl> links,
            ClientLine line,
            std::string begun,
            std::shared_ptr<OpenLink> counted)
        : links_(std::move(links)),
          line_(std::move(line)),
          input_(std::move(begun)),
          counted_(std::move(counted)) {}

    [[nodiscard]] net::io_context& context() const { return links_->context; }

    static net::awaitable<void> run(std::shared_ptr<Relayed> self, std::shared_ptr<LiveSink> sink) {
        net::steady_timer pause(self->context());
        while (!self->stopped_ && self->pass_on(*sink)) {
            if (sink->queued_bytes() > kAheadBytesMax) {
                pause.expires_after(kLookAgainAfter);
                co_await pause.async_wait(kAwait);
            } else if (!co_await self->read_more()) {
                break;
            }
        }
        sink->close(close_code::kNormal, "");
        self->line_.close();
    }
    void stop() {
        stopped_ = true;
        if (line_.is_open()) line_.lowest().cancel();
    }

  private:
    // False when nothing more is to be passed on.
    bool pass_on(LiveSink& sink) {
        std::string body;
        const auto taken = chunks_.feed(input_, body);
        if (!taken) return false;
        input_.erase(0, *taken);
        if (!body.empty() && !sink.send(std::make_shared<const std::string>(std::move(body)))) {
            return false;
        }
        return !chunks_.done();
    }
    net::awaitable<bool> read_more() {
        std::array<char, kPieceBytes> piece{};
        line_.lowest().expires_after(links_->options.silence_timeout);
        const auto count = co_await read_some(line_, piece);
        if (count) input_.append(piece.data(), *count);
        co_return count.has_value();
    }

    const std::shared_ptr<ClientLinks::Impl> links_;
    ClientLine line_;
    std::string input_;
    ChunkedDecoder chunks_{{.body_bytes_max = std::numeric_limits<std::size_t>::max(),
                            .trailer_bytes_max = kTrailerBytesMax}};
    std::shared_ptr<OpenLink> counted_;
    bool stopped_ = false;
};

}  // namespace

BodyStream stream_body(std::shared_ptr<ClientLinks::Impl> links,
                       ClientLine line,
                       std::string begun,
                       std::shared_ptr<OpenLink> counted) {
    const auto relayed = std::make_shared<Relayed>(
        std::move(links), std::move(line), std::move(begun), std::move(counted));
    return {
        .on_open =
            [relayed](std::shared_ptr<LiveSink> sink) {
                net::co_spawn(relayed->context(),
                              Relayed::run(relayed, std::move(sink)),
                              [](const std::exception_ptr&) {});
            },
        .on_closed = [relayed] { net::post(relayed->context(), [relayed] { relayed->stop(); }); }};
}

}  // namespace gateway

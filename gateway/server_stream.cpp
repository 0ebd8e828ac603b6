#include "gateway/server_stream.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "gateway/log.hpp"

namespace gateway {

namespace {

// What a client may send while it should only listen.
constexpr std::size_t kInputBytesMax = std::size_t{64} * 1024;
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace

void StreamSocket::begin(std::unique_ptr<Channel> channel,
                         BodyStream stream,
                         std::string_view head,
                         bool chunked,
                         const Limits& limits,
                         Lane& lane) {
    channel->notice_death_within(limits.live_ping_idle, limits.live_pong_timeout);
    auto outbox = std::make_shared<Outbox>(limits);
    const auto on_open = std::move(stream.on_open);
    const auto socket = std::make_shared<StreamSocket>(
        std::move(channel), outbox, std::move(stream), chunked, limits, lane);
    try {
        on_open(std::move(outbox));
    } catch (...) {
        log_event(LogLevel::kError, "stream-failed");
        return socket->end();
    }
    socket->put(head);
    socket->start();
}

StreamSocket::StreamSocket(std::unique_ptr<Channel> channel,
                           std::shared_ptr<Outbox> outbox,
                           BodyStream stream,
                           bool chunked,
                           const Limits& limits,
                           Lane& lane)
    : LiveSocket(std::move(channel), std::move(outbox), limits, lane),
      stream_(std::move(stream)),
      chunked_(chunked) {}

LiveSocket::Fill StreamSocket::fill() {
    while (may_put_more()) {
        const auto frame = outbox().take();
        if (!frame) {
            end_if_asked();
            return Fill::kNothing;
        }
        if (frame->empty()) continue;  // as a chunk it would be the last
        if (chunked_) put(fmt::format(FMT_COMPILE("{:x}\r\n"), frame->size()));
        put(*frame);
        if (chunked_) put("\r\n");
    }
    return Fill::kMore;
}

void StreamSocket::end_if_asked() {
    const auto closing = outbox().closing();
    if (!closing) return;
    if (chunked_ && !closing->overflow) put(kLastChunk);
    finish(Client::kMaySend);
}

void StreamSocket::on_input(std::string_view bytes) {
    input_bytes_ += bytes.size();
    if (input_bytes_ > kInputBytesMax) end();
}

void StreamSocket::on_end() {
    if (stream_.on_closed) stream_.on_closed();
}

}  // namespace gateway

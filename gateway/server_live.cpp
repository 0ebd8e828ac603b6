#include "gateway/server_live.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace gateway {

using boost::system::error_code;

namespace {

// Reads in a row before other connections have their turn.
constexpr int kReadsPerTurn = 8;
// What a client may still send once it was told that nobody listens.
constexpr std::size_t kDroppedBytesMax = std::size_t{1024} * 1024;
// Room that an empty output keeps.
constexpr std::size_t kOutputBytesKept = 512;

}  // namespace

LiveSocket::LiveSocket(std::unique_ptr<Channel> channel,
                       std::shared_ptr<Outbox> outbox,
                       const Limits& limits,
                       Lane& lane)
    : Connection(lane), channel_(std::move(channel)), outbox_(std::move(outbox)), limits_(limits) {}

void LiveSocket::start() {
    enter_lane();
    outbox_->attach(weak_from_this(), lane());
    // On a lane that stops already nobody else will say so.
    if (lane().stopping()) stop();
    watch();
    pump();
    read();
}

void LiveSocket::stop() {
    outbox_->close(close_code::kGoingAway, "the server stops");
}

void LiveSocket::pump() {
    if (ended_ || finished_) return;
    Fill filled = Fill::kMore;
    while (filled == Fill::kMore && !waits_to_write_ && !finishing_) {
        filled = fill();
        if (ended_ || (filled == Fill::kLater && may_put_more())) return;
        if (filled == Fill::kMore) write();
    }
    if (!write() || !finishing_) return;
    if (!lingers_ || lane().stopping()) return end();
    finished_ = true;
    channel_->finish_sending();
    if (!waits_to_read_) read();
}

void LiveSocket::pump_soon() {
    if (std::exchange(pump_is_coming_, true)) return;
    net::post(lane().context(), [self = shared_from_this(), this] {
        pump_is_coming_ = false;
        pump();
    });
}

// True when everything is written.
bool LiveSocket::write() {
    if (waits_to_write_ || ended_) return false;
    while (written_ < output_.size()) {
        const Io sent = channel_->try_write(std::string_view(output_).substr(written_));
        if (sent.state == IoState::kClosed) {
            end();
            return false;
        }
        if (sent.state != IoState::kDone) {
            wait_to_write(sent.state);
            return false;
        }
        written_ += sent.count;
    }
    output_.clear();
    written_ = 0;
    if (output_.capacity() > kOutputBytesKept) output_ = {};
    return true;
}

void LiveSocket::wait_to_write(IoState wanted) {
    waits_to_write_ = true;
    output_.erase(0, std::exchange(written_, 0));
    write_deadline_ = Clock::now() + limits_.write_timeout;
    watch();
    const auto what = wanted == IoState::kWantWrite ? Socket::wait_write : Socket::wait_read;
    channel_->socket().async_wait(what, [self = shared_from_this(), this](error_code failed) {
        waits_to_write_ = false;
        write_deadline_ = Clock::time_point::max();
        if (ended_) return;
        if (failed) return end();
        pump();
    });
}

void LiveSocket::read() {
    for (int turn = 0; turn < kReadsPerTurn; ++turn) {
        if (ended_ || waits_to_read_ || (!finishing_ && !wants_input())) return;
        const auto buffer = lane().input_buffer();
        const Io got = channel_->try_read(buffer);
        if (got.state == IoState::kClosed) return end();
        if (got.state != IoState::kDone) return wait_to_read(got.state);
        if (finishing_) {
            if (!drop_input(got.count)) return end();
        } else {
            on_input({buffer.data(), got.count});
        }
    }
    waits_to_read_ = true;
    net::post(lane().context(), [self = shared_from_this(), this] {
        waits_to_read_ = false;
        read();
    });
}

void LiveSocket::wait_to_read(IoState wanted) {
    waits_to_read_ = true;
    const auto what = wanted == IoState::kWantWrite ? Socket::wait_write : Socket::wait_read;
    channel_->socket().async_wait(what, [self = shared_from_this(), this](error_code failed) {
        waits_to_read_ = false;
        if (ended_) return;
        if (failed) return end();
        read();
    });
}

bool LiveSocket::drop_input(std::size_t count) {
    dropped_ += count;
    return dropped_ <= kDroppedBytesMax;
}

void LiveSocket::must_end_within(std::chrono::milliseconds time) {
    end_deadline_ = std::min(end_deadline_, Clock::now() + time);
    watch();
}

void LiveSocket::finish(Client client) {
    if (ended_ || std::exchange(finishing_, true)) return;
    lingers_ = client == Client::kMaySend;
    say_end();
    must_end_within(limits_.linger_timeout);
    pump_soon();
}

void LiveSocket::say_end() {
    outbox_->retire();
    if (!std::exchange(end_is_said_, true)) on_end();
}

void LiveSocket::end() {
    if (std::exchange(ended_, true)) return;
    const auto self = shared_from_this();
    leave_lane();
    channel_->close();
    output_ = {};
    say_end();
}

void LiveSocket::watch() {
    if (ended_) return;
    set_deadline(std::min({write_deadline_, end_deadline_, idle_deadline()}));
}

void LiveSocket::on_deadline() {
    const auto now = Clock::now();
    if (now >= std::min(write_deadline_, end_deadline_)) return end();
    if (now >= idle_deadline()) on_idle();
    watch();
}

}  // namespace gateway

#include "gateway/server_outbox.hpp"

#include <utility>

namespace gateway {

namespace {

constexpr std::size_t kReasonBytesMax = 123;
// Room that an empty queue keeps.
constexpr std::size_t kFramesKept = 16;

// RFC 6455 section 7.4: what may stand in a close frame and has a meaning for a server.
bool may_be_sent(std::uint16_t code) {
    constexpr std::uint16_t kOwnFirst = 3000;
    constexpr std::uint16_t kOwnLast = 4999;
    return code == close_code::kNormal || code == close_code::kGoingAway ||
           code == close_code::kUnsupported || code == close_code::kPolicy ||
           code == close_code::kInternal || code == close_code::kTryAgainLater ||
           (code >= kOwnFirst && code <= kOwnLast);
}

// Cut before a character that does not fit whole.
void cut(std::string& reason) {
    if (reason.size() <= kReasonBytesMax) return;
    std::size_t size = kReasonBytesMax;
    while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0U) == 0x80U) --size;
    reason.resize(size);
}

}  // namespace

Outbox::Outbox(const Limits& limits)
    : bytes_max_(limits.live_queue_bytes_max), frames_max_(limits.live_queue_frames_max) {}

bool Outbox::send(std::shared_ptr<const std::string> frame) {
    const std::lock_guard lock(mutex_);
    if (!open_) return false;
    if (bytes_ + frame->size() > bytes_max_ || frames_.size() - first_ >= frames_max_) {
        frames_ = {};
        first_ = bytes_ = 0;
        open_ = false;
        closing_ = {.code = close_code::kTryAgainLater,
                    .reason = "too slow for what is sent",
                    .overflow = true};
        wake();
        return false;
    }
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
    wake();
    return true;
}

void Outbox::close(std::uint16_t code, std::string reason) {
    cut(reason);
    const std::lock_guard lock(mutex_);
    if (!std::exchange(open_, false)) return;
    closing_ = {.code = may_be_sent(code) ? code : close_code::kInternal,
                .reason = std::move(reason)};
    wake();
}

std::size_t Outbox::queued_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void Outbox::wake() {
    if (lane_ == nullptr || std::exchange(woken_, true)) return;
    if (auto connection = connection_.lock()) lane_->wake(std::move(connection));
}

void Outbox::attach(std::weak_ptr<Connection> connection, Lane& lane) {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(connection);
    lane_ = &lane;
}

void Outbox::retire() {
    const std::lock_guard lock(mutex_);
    frames_ = {};
    first_ = bytes_ = 0;
    open_ = false;
    closing_.reset();
    connection_.reset();
    lane_ = nullptr;
}

std::shared_ptr<const std::string> Outbox::take() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    if (first_ == frames_.size()) return nullptr;
    auto frame = std::move(frames_[first_]);
    ++first_;
    bytes_ -= frame->size();
    if (first_ == frames_.size()) {
        frames_.clear();
        first_ = 0;
        if (frames_.capacity() > kFramesKept) frames_ = {};
    } else if (first_ > frames_max_) {
        frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
    return frame;
}

std::optional<Outbox::Closing> Outbox::closing() {
    const std::lock_guard lock(mutex_);
    if (first_ != frames_.size()) return std::nullopt;
    return std::exchange(closing_, std::nullopt);
}

}  // namespace gateway

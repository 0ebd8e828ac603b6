#include "gateway/websocket_frames.hpp"

#include <array>
#include <utility>

#include "events/crypto.hpp"

namespace gateway {
namespace {

constexpr std::uint8_t kLast = 0x80;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::size_t kShortMax = 125;
constexpr std::uint8_t kTwoBytes = 126;
constexpr std::uint8_t kEightBytes = 127;
constexpr std::uint16_t kNoCode = 1000;

void append_number(std::string& out, std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i > 0; --i) out.push_back(static_cast<char>(value >> (8U * (i - 1))));
}

bool is_control(FrameKind kind) {
    return (static_cast<unsigned>(kind) & 0x8U) != 0;
}

}  // namespace

std::string write_frame(FrameKind kind, std::string_view payload) {
    std::string frame;
    frame.push_back(static_cast<char>(kLast | static_cast<std::uint8_t>(kind)));
    if (payload.size() <= kShortMax) {
        frame.push_back(static_cast<char>(kMasked | payload.size()));
    } else if (payload.size() <= 0xFFFF) {
        frame.push_back(static_cast<char>(kMasked | kTwoBytes));
        append_number(frame, payload.size(), 2);
    } else {
        frame.push_back(static_cast<char>(kMasked | kEightBytes));
        append_number(frame, payload.size(), 8);
    }
    std::array<std::uint8_t, 4> mask{};
    events::fill_random(mask);
    for (const auto byte : mask) frame.push_back(static_cast<char>(byte));
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame.push_back(static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ mask.at(i % 4)));
    }
    return frame;
}

std::string write_close_frame(std::uint16_t code) {
    std::string payload;
    append_number(payload, code, 2);
    return write_frame(FrameKind::kClose, payload);
}

std::optional<FrameReader::Head> FrameReader::head() {
    if (input_.size() < 2) return std::nullopt;
    const auto byte = [this](std::size_t i) { return static_cast<std::uint8_t>(input_[i]); };
    Head head{.last = (byte(0) & kLast) != 0,
              .kind = static_cast<FrameKind>(byte(0) & 0x0FU),
              .bytes = 2,
              .payload = byte(1) & 0x7FU};
    // A server masks nothing, and no extension was agreed on.
    broken_ = broken_ || (byte(1) & kMasked) != 0 || (byte(0) & 0x70U) != 0;
    const std::size_t more = head.payload == kTwoBytes ? 2 : (head.payload == kEightBytes ? 8 : 0);
    if (input_.size() < head.bytes + more) return std::nullopt;
    if (more > 0) head.payload = 0;
    for (std::size_t i = 0; i < more; ++i) head.payload = (head.payload << 8U) | byte(2 + i);
    head.bytes += more;
    broken_ = broken_ || head.payload > bytes_max_;
    return head;
}

std::optional<FrameReader::Message> FrameReader::next() {
    while (!broken_) {
        const auto frame = head();
        if (!frame || broken_ || input_.size() - frame->bytes < frame->payload) break;
        auto payload = input_.substr(frame->bytes, frame->payload);
        input_.erase(0, frame->bytes + frame->payload);
        if (is_control(frame->kind)) return Message{frame->kind, std::move(payload)};
        const bool continues = frame->kind == FrameKind::kContinuation;
        if (continues != in_parts_ || partial_.payload.size() + payload.size() > bytes_max_) {
            broken_ = true;
            break;
        }
        if (!continues) partial_ = {.kind = frame->kind, .payload = {}};
        partial_.payload += payload;
        in_parts_ = !frame->last;
        if (frame->last) return std::exchange(partial_, {});
    }
    return std::nullopt;
}

std::uint16_t close_code_of(std::string_view payload) {
    if (payload.size() < 2) return kNoCode;
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8U |
                                      static_cast<std::uint8_t>(payload[1]));
}

}  // namespace gateway

#include "tests/gateway/raw_websocket.hpp"

#include <array>
#include <stdexcept>

namespace test_support {

namespace {

constexpr unsigned kFinalBit = 0x80;
constexpr unsigned kMaskBit = 0x80;
constexpr unsigned kLengthBits = 0x7f;
constexpr unsigned kTwoBytes = 126;
constexpr unsigned kEightBytes = 127;
constexpr std::array<char, 4> kMask = {'\x12', '\x34', '\x56', '\x78'};

unsigned byte_of(const std::string& bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
    while (bytes-- > 0) out += static_cast<char>(number >> (8 * bytes) & 0xff);
}

std::uint64_t number_of(const std::string& bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) number = number << 8U | byte_of(bytes, i);
    return number;
}

}  // namespace

unsigned RawFrame::close_code() const {
    constexpr unsigned kNoCode = 1005;
    return payload.size() < 2 ? kNoCode : static_cast<unsigned>(number_of(payload.substr(0, 2)));
}

std::string frame_bytes(const RawFrame& frame) {
    std::string out;
    const unsigned mask = frame.masked ? kMaskBit : 0;
    append_number(out, (frame.final ? kFinalBit : 0) | frame.opcode, 1);
    if (frame.payload.size() < kTwoBytes) {
        append_number(out, mask | frame.payload.size(), 1);
    } else if (frame.payload.size() <= UINT16_MAX) {
        append_number(out, mask | kTwoBytes, 1);
        append_number(out, frame.payload.size(), 2);
    } else {
        append_number(out, mask | kEightBytes, 1);
        append_number(out, frame.payload.size(), 8);
    }
    if (!frame.masked) return out + frame.payload;
    out.append(kMask.begin(), kMask.end());
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
        out += static_cast<char>(frame.payload[i] ^ kMask.at(i % kMask.size()));
    }
    return out;
}

std::string close_payload(unsigned code, std::string_view reason) {
    std::string payload;
    append_number(payload, code, 2);
    return payload.append(reason);
}

std::string websocket_request(std::string_view path, std::string_view more_fields) {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
           std::string(more_fields) + "\r\n";
}

RawWebSocket::RawWebSocket(std::uint16_t port, std::string_view path) : client_(port) {
    open(path);
}

RawWebSocket::RawWebSocket(std::uint16_t port, const TlsOffer& offer, std::string_view path)
    : client_(port, offer) {
    open(path);
}

void RawWebSocket::open(std::string_view path) {
    client_.send(websocket_request(path));
    const auto response = client_.receive();
    if (!response || response->status != 101 ||
        response->header("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
        throw std::runtime_error("no WebSocket was opened");
    }
}

std::optional<RawFrame> RawWebSocket::receive() {
    const std::string head = client_.receive_bytes(2);
    if (head.size() < 2) return std::nullopt;
    RawFrame frame{.opcode = byte_of(head, 0) & 0x0f,
                   .final = (byte_of(head, 0) & kFinalBit) != 0,
                   .masked = (byte_of(head, 1) & kMaskBit) != 0,
                   .payload = {}};
    std::uint64_t size = byte_of(head, 1) & kLengthBits;
    if (size >= kTwoBytes) size = number_of(client_.receive_bytes(size == kTwoBytes ? 2 : 8));
    frame.payload = client_.receive_bytes(size);
    if (frame.payload.size() < size) return std::nullopt;
    return frame;
}

std::string RawWebSocket::receive_text() {
    const auto frame = receive();
    return frame && frame->opcode == kText && !frame->masked ? frame->payload : std::string();
}

unsigned RawWebSocket::receive_close() {
    constexpr unsigned kNoClose = 1006;
    for (;;) {
        const auto frame = receive();
        if (!frame) return kNoClose;
        if (frame->opcode == kClose) return frame->close_code();
    }
}

}  // namespace test_support

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The frames of a WebSocket as a client writes and reads them (RFC 6455, 5.2), for sockets that are
// passed on to another node: text and control frames, no extensions.
namespace gateway {

enum class FrameKind : std::uint8_t {
    kContinuation = 0x0,
    kText = 0x1,
    kBinary = 0x2,
    kClose = 0x8,
    kPing = 0x9,
    kPong = 0xA,
};

// A whole frame under a fresh mask.
std::string write_frame(FrameKind kind, std::string_view payload);
// A close frame that says the code.
std::string write_close_frame(std::uint16_t code);

class FrameReader {
  public:
    explicit FrameReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    void feed(std::string_view bytes) { input_.append(bytes); }

    struct Message {
        FrameKind kind{};
        std::string payload;
    };
    // The next message, its fragments put together, or control frame; nothing before all of it was
    // fed. `broken` afterwards: what came is no frame of a server's, or longer than may be.
    std::optional<Message> next();
    [[nodiscard]] bool broken() const { return broken_; }

  private:
    struct Head {
        bool last = false;
        FrameKind kind{};
        std::size_t bytes = 0;  // of the head
        std::uint64_t payload = 0;
    };
    std::optional<Head> head();

    const std::size_t bytes_max_;
    std::string input_;
    Message partial_;
    bool in_parts_ = false;
    bool broken_ = false;
};

// The code that a close frame's payload says; 1000 when it says none.
std::uint16_t close_code_of(std::string_view payload);

}  // namespace gateway

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// Every limit of the gateway, in one place.
namespace gateway {

struct Limits {
    std::size_t header_bytes_max = std::size_t{16} * 1024;
    // A message of 65,536 bytes in which every byte is written as a six-byte escape, and its frame.
    std::size_t body_bytes_max = std::size_t{448} * 1024;
    std::size_t header_fields_max = 100;
    std::size_t connections_max = 4096;
    std::chrono::milliseconds handshake_timeout{10'000};  // of TLS
    std::chrono::milliseconds header_timeout{10'000};  // from the first wait for a request's head
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds idle_timeout{60'000};  // kept-alive connection without a request
    std::chrono::milliseconds write_timeout{30'000};
    // How long a closed connection is read on, so that its last answer arrives before the reset.
    std::chrono::milliseconds linger_timeout{2'000};
    std::chrono::milliseconds stop_timeout{5'000};  // for requests that run when the server stops

    // WebSockets and streamed bodies.
    std::size_t live_message_bytes_max = std::size_t{64} * 1024;  // from the client
    unsigned live_frames_per_second = 50;                         // from the client, on average
    unsigned live_frames_burst = 200;
    unsigned live_bytes_per_second = 256 * 1024;  // from the client, on average
    unsigned live_bytes_burst = 1024 * 1024;
    std::size_t live_queue_bytes_max = std::size_t{512} * 1024;  // to the client, not yet written
    std::size_t live_queue_frames_max = 1024;
    std::chrono::milliseconds live_ping_idle{30'000};     // silence of the client's before a ping
    std::chrono::milliseconds live_pong_timeout{20'000};  // for any sign of life after it
    std::chrono::milliseconds live_close_timeout{5'000};  // from a close to the client's answer
};

// A picture that is sent in (Content-Type: image/...), and how many bodies of such a size are read
// at once.
inline constexpr std::size_t kPictureBytesMax = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t kPictureBodiesMax = 32;

inline constexpr std::size_t kIdempotencyKeyBytesMax = 255;
inline constexpr std::size_t kPageLimitMax = 200;
inline constexpr std::size_t kPageLimitDefault = 50;
inline constexpr std::chrono::milliseconds kMinPositionWait{5'000};
inline constexpr std::size_t kJsonDepthMax = 16;

}  // namespace gateway

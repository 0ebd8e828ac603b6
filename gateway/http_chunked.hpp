#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http_head.hpp"

// A chunked body (RFC 9112 section 7.1), decoded byte by byte as it arrives. Strict: a size is 1 to
// 16 hexadecimal digits with nothing around them, every line ends in CRLF, extensions are passed
// over within a bound, trailer fields are checked like header fields and then dropped.
namespace gateway {

class ChunkedDecoder {
  public:
    struct Bounds {
        std::size_t body_bytes_max;
        std::size_t trailer_bytes_max;
    };
    explicit ChunkedDecoder(Bounds bounds) : bounds_(bounds) {}

    // Takes from the front of `in` what belongs to the body, appends the data to `body`, and gives
    // the number of bytes taken: all of them until the body is complete. After a refusal (400; 413:
    // body too long; 431: trailers too long) the decoder is of no more use, nor is the connection.
    std::expected<std::size_t, Refusal> feed(std::string_view in, std::string& body);

    [[nodiscard]] bool done() const { return state_ == State::kDone; }

  private:
    enum class State : std::uint8_t {
        kSize,
        kExtension,
        kQuoted,
        kQuotedPair,
        kSizeLineFeed,
        kData,
        kDataReturn,
        kDataLineFeed,
        kTrailer,
        kTrailerLineFeed,
        kDone
    };

    std::optional<Refusal> step(char c);
    std::optional<Refusal> size_step(char c);
    std::optional<Refusal> extension_step(char c);
    std::optional<Refusal> trailer_step(char c);
    std::optional<Refusal> end_trailer_line();

    Bounds bounds_;
    State state_ = State::kSize;
    unsigned digits_ = 0;
    std::uint64_t chunk_left_ = 0;
    std::size_t body_bytes_ = 0;
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::string trailer_line_;
};

}  // namespace gateway

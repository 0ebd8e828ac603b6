#include "gateway/http_chunked.hpp"

#include <algorithm>

namespace gateway {

namespace {

constexpr unsigned kSizeDigitsMax = 16;
// Over all chunks of one body.
constexpr std::size_t kExtensionBytesMax = 4096;

Refusal bad_chunk(std::string_view detail) {
    return Refusal{.status = 400, .code = "bad-chunk", .detail = detail};
}

std::optional<unsigned> hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return std::nullopt;
}

// Fields that would change how the message is framed or routed after it has been.
bool is_forbidden_trailer(std::string_view name) {
    return equals_ignoring_case(name, "content-length") ||
           equals_ignoring_case(name, "transfer-encoding") || equals_ignoring_case(name, "host");
}

}  // namespace

std::expected<std::size_t, Refusal> ChunkedDecoder::feed(std::string_view in, std::string& body) {
    std::size_t taken = 0;
    while (taken < in.size() && state_ != State::kDone) {
        if (state_ == State::kData) {
            const auto part =
                static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, in.size() - taken));
            body.append(in.substr(taken, part));
            taken += part;
            body_bytes_ += part;
            chunk_left_ -= part;
            if (chunk_left_ == 0) state_ = State::kDataReturn;
            continue;
        }
        if (const auto refused = step(in[taken])) return std::unexpected(*refused);
        ++taken;
    }
    return taken;
}

std::optional<Refusal> ChunkedDecoder::step(char c) {
    switch (state_) {
        case State::kSize:
            return size_step(c);
        case State::kExtension:
        case State::kQuoted:
        case State::kQuotedPair:
            return extension_step(c);
        case State::kSizeLineFeed:
            if (c != '\n') return bad_chunk("A chunk's size line does not end in CRLF.");
            state_ = chunk_left_ == 0 ? State::kTrailer : State::kData;
            return std::nullopt;
        case State::kDataReturn:
            if (c != '\r') return bad_chunk("No line end follows the data of a chunk.");
            state_ = State::kDataLineFeed;
            return std::nullopt;
        case State::kDataLineFeed:
            if (c != '\n') return bad_chunk("No line end follows the data of a chunk.");
            digits_ = 0;
            state_ = State::kSize;
            return std::nullopt;
        case State::kTrailer:
        case State::kTrailerLineFeed:
            return trailer_step(c);
        case State::kData:
        case State::kDone:
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Refusal> ChunkedDecoder::size_step(char c) {
    if (const auto digit = hex_value(c)) {
        if (++digits_ > kSizeDigitsMax) return bad_chunk("A chunk size has too many digits.");
        chunk_left_ = chunk_left_ * 16 + *digit;
        return std::nullopt;
    }
    if (digits_ == 0 || (c != ';' && c != '\r')) {
        return bad_chunk("A chunk size is not a plain hexadecimal number.");
    }
    if (chunk_left_ > bounds_.body_bytes_max - body_bytes_) {
        return Refusal{413, "body-too-large", "The body is larger than this server takes."};
    }
    state_ = c == ';' ? State::kExtension : State::kSizeLineFeed;
    return std::nullopt;
}

// What an extension says is of no interest, but where it ends is: not within quotes.
std::optional<Refusal> ChunkedDecoder::extension_step(char c) {
    if (state_ == State::kExtension && c == '\r') {
        state_ = State::kSizeLineFeed;
        return std::nullopt;
    }
    if (!is_field_value({&c, 1})) {
        return bad_chunk("A chunk extension holds a control character or an open quote.");
    }
    if (++extension_bytes_ > kExtensionBytesMax) {
        return bad_chunk("The chunk extensions are too long.");
    }
    if (state_ == State::kQuotedPair) {
        state_ = State::kQuoted;
    } else if (c == '"') {
        state_ = state_ == State::kQuoted ? State::kExtension : State::kQuoted;
    } else if (c == '\\' && state_ == State::kQuoted) {
        state_ = State::kQuotedPair;
    }
    return std::nullopt;
}

std::optional<Refusal> ChunkedDecoder::trailer_step(char c) {
    if (state_ == State::kTrailerLineFeed) {
        if (c != '\n') return bad_chunk("A line of the trailer section does not end in CRLF.");
        return end_trailer_line();
    }
    if (++trailer_bytes_ > bounds_.trailer_bytes_max) {
        return Refusal{431, "trailers-too-large", "The trailer section is too long."};
    }
    if (c == '\r') {
        state_ = State::kTrailerLineFeed;
    } else if (c == '\n') {
        return bad_chunk("A line of the trailer section does not end in CRLF.");
    } else {
        trailer_line_.push_back(c);
    }
    return std::nullopt;
}

std::optional<Refusal> ChunkedDecoder::end_trailer_line() {
    if (trailer_line_.empty()) {
        state_ = State::kDone;
        return std::nullopt;
    }
    const auto field = parse_field_line(trailer_line_);
    if (!field) return field.error();
    if (is_forbidden_trailer(field->name)) {
        return bad_chunk("A trailer field is one that only a header may hold.");
    }
    trailer_line_.clear();
    state_ = State::kTrailer;
    return std::nullopt;
}

}  // namespace gateway

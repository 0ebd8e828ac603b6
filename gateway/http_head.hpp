#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

// The head of an HTTP/1.x request, checked and taken apart in one strict pass over its bytes.
// Nothing here waits, allocates for a refused request or guesses what a sender may have meant:
// whatever two parsers could read differently is refused (RFC 9112; section 11.2 says why). No
// body, no sockets.
namespace gateway {

// Why a request is refused; the texts are literals, never bytes of the request.
struct Refusal {
    unsigned status;
    std::string_view code;
    std::string_view detail;
};

struct Field {
    std::string_view name;   // as sent, a token
    std::string_view value;  // without the white space around it; no control character but HTAB
};

// What follows the head, and whether the sender waits for leave to send it.
struct BodyFraming {
    bool expects_continue = false;     // HTTP/1.1 and "Expect: 100-continue"
    bool chunked = false;              // then content_length is 0
    std::uint64_t content_length = 0;  // 0 when absent

    [[nodiscard]] bool present() const { return chunked || content_length > 0; }
};

// A head that is safe to act on. The views point into the bytes given to parse_head.
struct Head {
    std::string_view method;  // one of those that kAllowedMethods lists
    std::string_view path;    // begins with '/'; visible ASCII without '?' and '#'
    std::string_view query;   // behind the first '?'; may be empty
    bool http11 = true;       // else HTTP/1.0
    bool keep_alive = true;
    BodyFraming body;
    std::vector<Field> fields;
};

inline constexpr std::string_view kAllowedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

// The offset behind the blank line that ends the head; 0 while it has not arrived. The first `from`
// bytes were looked at by an earlier call. Refused: a line feed without a carriage return.
std::expected<std::size_t, Refusal> find_head_end(std::string_view bytes, std::size_t from);

// `bytes` is one head up to and including its blank line. Refused with 400: everything that is not
// exactly the grammar, folded fields, no Host (in 1.1), an invalid one or two, Content-Length that
// is not digits or is repeated, Transfer-Encoding that is not "chunked" once, comes with a
// Content-Length or in HTTP/1.0. 405: CONNECT and TRACE. 417: another expectation. 431: more fields
// than fields_max. 501: a method we do not know. 505: a version other than 1.0 and 1.1.
std::expected<Head, Refusal> parse_head(std::string_view bytes, std::size_t fields_max);

// One field line without its line end, as in a head or in the trailer section of a chunked body.
std::expected<Field, Refusal> parse_field_line(std::string_view line);

// Whether ASCII letters apart from their case both are equal; `lower` is in lower case.
bool equals_ignoring_case(std::string_view text, std::string_view lower);
bool is_token(std::string_view text);
// A name, an IPv4 address or a bracketed IPv6 address, with or without a port of at most 65535.
bool is_host(std::string_view text);
// Visible ASCII, bytes above it, space and HTAB.
bool is_field_value(std::string_view text);

}  // namespace gateway

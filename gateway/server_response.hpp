#pragma once

#include <string>

#include "gateway/http.hpp"

// A response as bytes. Framing, Date and Connection are set here and nowhere else; so are the
// fields that protect a browser, each unless the route has set its own.
namespace gateway {

struct ResponseFrame {
    bool http11 = true;
    bool keep_alive = true;
    bool head_only = false;  // the answer to a HEAD: its length, not its body
    bool secure = false;     // the client came over TLS
    bool streamed = false;   // the body's length is not known: chunked, in 1.0 up to the end
};

// Replaces `head` by the status line and the header fields with their blank line; the body, if one
// is to follow, is `response.body`. False when the response cannot be sent as it is (a status that
// is none, a field name or value that would break the head, a field that is the server's): `head`
// is then of no use.
bool write_response_head(const Response& response, const ResponseFrame& frame, std::string& head);

// Whether a body follows the head.
bool has_body(const Response& response, const ResponseFrame& frame);

}  // namespace gateway

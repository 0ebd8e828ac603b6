#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http_peer.hpp"

// A request and its response as the routes see them: plain values, no Beast. Only the server knows
// how they travel.
namespace gateway {

namespace net = boost::asio;

struct Request {
    std::string method;  // upper case
    std::string path;   // percent-decoded segments are the router's business; no query, no fragment
    std::string query;  // behind the question mark, still encoded
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    PeerAddress peer;     // the client's, behind the proxies that are trusted
    bool secure = false;  // the client's own connection is over TLS

    // The value of a header that occurs once; nothing when absent. Repeated: the first.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_case_name) const {
        for (const auto& [name, value] : headers) {
            if (name == lower_case_name) return value;
        }
        return std::nullopt;
    }
};

class LiveSink;

// A body that is sent as it comes about. Both are called on the I/O thread of the connection, must
// not block it and must not throw; neither is called when there is no body to send (a HEAD).
struct BodyStream {
    // The head is on its way; what the sink is given is sent verbatim, in order. The body ends by
    // LiveSink::close, by the server's stop, or with the client.
    std::function<void(std::shared_ptr<LiveSink>)> on_open;
    // Exactly once after on_open, however the body ended. When the server has stopped, possibly on
    // the thread that ran it.
    std::function<void()> on_closed;
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<BodyStream> stream;  // instead of `body`
};

// Answers one request. Called on an I/O thread of the server's; must not block it. May not throw:
// what escapes is logged without text and answered 500.
using Handler = std::function<net::awaitable<Response>(Request)>;

}  // namespace gateway

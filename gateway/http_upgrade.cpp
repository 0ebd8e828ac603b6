#include "gateway/http_upgrade.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace gateway {

namespace {

// Whether a field that is a list, over one line or many, has the token.
bool lists(const Request& request, std::string_view field, std::string_view lower_case_token) {
    constexpr std::string_view kSeparators = ", \t";
    for (const auto& [name, value] : request.headers) {
        if (name != field) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto end = std::min(rest.find_first_of(kSeparators), rest.size());
            if (equals_ignoring_case(rest.substr(0, end), lower_case_token)) return true;
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return false;
}

// The value of a field that must occur exactly once.
std::optional<std::string_view> only(const Request& request, std::string_view field) {
    std::optional<std::string_view> found;
    for (const auto& [name, value] : request.headers) {
        if (name != field) continue;
        if (found) return std::nullopt;
        found = value;
    }
    return found;
}

// 16 bytes in base64: 22 characters and two of padding.
bool is_key(std::string_view text) {
    constexpr std::size_t kCharacters = 22;
    if (text.size() != kCharacters + 2 || !text.ends_with("==")) return false;
    return std::ranges::all_of(text.substr(0, kCharacters), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    });
}

}  // namespace

bool asks_for_websocket(const Request& request) {
    return request.method == "GET" && lists(request, "upgrade", "websocket");
}

std::expected<std::string, Refusal> check_upgrade(const Request& request, bool http11) {
    const auto bad = [](std::string_view detail) {
        return std::unexpected(
            Refusal{.status = 400, .code = "bad-websocket-handshake", .detail = detail});
    };
    if (!http11) return bad("A WebSocket needs HTTP/1.1.");
    if (!lists(request, "connection", "upgrade")) return bad("Connection does not say Upgrade.");
    if (!request.body.empty()) return bad("A WebSocket's opening request has no body.");
    if (only(request, "sec-websocket-version") != kWebSocketVersion) {
        return std::unexpected(Refusal{.status = 426,
                                       .code = "websocket-version",
                                       .detail = "Only version 13 of the protocol is spoken."});
    }
    const auto key = only(request, "sec-websocket-key");
    if (!key || !is_key(*key)) {
        return bad("Sec-WebSocket-Key is not, exactly once, 16 bytes in base64.");
    }
    return std::string(*key);
}

}  // namespace gateway

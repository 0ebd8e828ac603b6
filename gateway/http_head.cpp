#include "gateway/http_head.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace gateway {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
// More digits than any body we take could need, few enough never to overflow 64 bits.
constexpr std::size_t kLengthDigitsMax = 19;
constexpr std::size_t kHostBytesMax = 262;  // a name of 255 bytes, a colon, a port

constexpr std::uint8_t kTokenChar = 1;  // RFC 9110 5.6.2
constexpr std::uint8_t kValueChar = 2;  // field-vchar, SP, HTAB
constexpr std::uint8_t kHostChar = 4;   // unreserved
constexpr std::uint8_t kPathChar = 8;   // visible ASCII but '#'

constexpr std::array<std::uint8_t, 256> kCharClass = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0; c < table.size(); ++c) {
        const bool digit = c >= '0' && c <= '9';
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const char as_char = static_cast<char>(c);
        const auto in = [&](std::string_view set) { return set.contains(as_char); };
        std::uint8_t bits = 0;
        if (digit || letter || (c != 0 && in("!#$%&'*+-.^_`|~"))) bits |= kTokenChar;
        if ((c >= 0x20 && c != 0x7f) || c == '\t') bits |= kValueChar;
        if (digit || letter || (c != 0 && in("-._~"))) bits |= kHostChar;
        if (c > 0x20 && c < 0x7f && c != '#') bits |= kPathChar;
        table[c] = bits;
    }
    return table;
}();

bool all_of_class(std::string_view text, std::uint8_t char_class) {
    return std::ranges::all_of(text, [char_class](char c) {
        return (kCharClass[static_cast<unsigned char>(c)] & char_class) != 0;
    });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::unexpected<Refusal> bad(std::string_view code, std::string_view detail) {
    return std::unexpected(Refusal{.status = 400, .code = code, .detail = detail});
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<Refusal> check_method(std::string_view method) {
    if (!is_token(method)) {
        return Refusal{
            400, "bad-request-line", "The request line is not METHOD SP TARGET SP VERSION."};
    }
    constexpr std::array<std::string_view, 7> kServed = {
        "GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"};
    if (std::ranges::find(kServed, method) != kServed.end()) return std::nullopt;
    if (method == "CONNECT" || method == "TRACE") {
        return Refusal{405, "method-not-allowed", "This method is not served."};
    }
    return Refusal{501, "method-unknown", "This method is not known."};
}

std::optional<Refusal> check_version(std::string_view version, bool& http11) {
    const bool shaped = version.size() == 8 && version.starts_with("HTTP/") &&
                        is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (!shaped) {
        return Refusal{
            400, "bad-request-line", "The request line does not end in an HTTP version."};
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return Refusal{505, "version-not-supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
    }
    http11 = version == "HTTP/1.1";
    return std::nullopt;
}

std::optional<Refusal> parse_request_line(std::string_view line, Head& head) {
    const auto method_end = line.find(' ');
    const auto target_end = line.rfind(' ');
    if (method_end == std::string_view::npos || target_end == method_end) {
        return Refusal{
            400, "bad-request-line", "The request line is not METHOD SP TARGET SP VERSION."};
    }
    head.method = line.substr(0, method_end);
    const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
    const auto refused_version = check_version(line.substr(target_end + 1), head.http11);
    // A malformed line is said to be that, whichever part of it is wrong.
    if (refused_version && refused_version->status == 400) return refused_version;
    if (auto refused = check_method(head.method)) return refused;
    if (refused_version) return refused_version;
    if (!target.starts_with('/') || !all_of_class(target, kPathChar)) {
        return Refusal{400, "bad-target", "The request target is not an absolute path."};
    }
    const auto question = target.find('?');
    head.path = target.substr(0, question);
    if (question != std::string_view::npos) head.query = target.substr(question + 1);
    return std::nullopt;
}

bool is_port(std::string_view text) {
    if (text.size() > 5 || !std::ranges::all_of(text, is_digit)) return false;
    unsigned port = 0;
    for (const char c : text) port = port * 10 + static_cast<unsigned>(c - '0');
    return port <= 65'535;
}

// What the fields that steer framing and the connection have said so far.
struct Framing {
    bool host = false;
    bool content_length = false;
    bool transfer_encoding = false;
    bool close = false;
    bool keep_alive = false;
    bool expect = false;
};

std::optional<Refusal> read_content_length(std::string_view value, Framing& framing, Head& head) {
    if (framing.content_length) {
        return Refusal{400, "bad-content-length", "Content-Length occurs more than once."};
    }
    framing.content_length = true;
    if (value.empty() || value.size() > kLengthDigitsMax || !std::ranges::all_of(value, is_digit)) {
        return Refusal{400, "bad-content-length", "Content-Length is not a plain decimal number."};
    }
    for (const char c : value) {
        head.body.content_length =
            head.body.content_length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return std::nullopt;
}

void read_connection(std::string_view value, Framing& framing) {
    while (!value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        const std::string_view option = trim(value.substr(0, comma));
        if (equals_ignoring_case(option, "close")) framing.close = true;
        if (equals_ignoring_case(option, "keep-alive")) framing.keep_alive = true;
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
}

std::optional<Refusal> read_host(std::string_view value, Framing& framing) {
    if (framing.host) return Refusal{400, "bad-host", "Host occurs more than once."};
    framing.host = true;
    if (!is_host(value)) return Refusal{400, "bad-host", "Host is not a name or address."};
    return std::nullopt;
}

std::optional<Refusal> read_transfer_encoding(std::string_view value,
                                              Framing& framing,
                                              Head& head) {
    if (framing.transfer_encoding) {
        return Refusal{400, "bad-transfer-encoding", "Transfer-Encoding occurs more than once."};
    }
    framing.transfer_encoding = true;
    if (!equals_ignoring_case(value, "chunked")) {
        return Refusal{400, "bad-transfer-encoding", "Transfer-Encoding is not exactly chunked."};
    }
    head.body.chunked = true;
    return std::nullopt;
}

std::optional<Refusal> read_expect(std::string_view value, Framing& framing) {
    if (!equals_ignoring_case(value, "100-continue")) {
        return Refusal{417, "expectation-failed", "The only expectation met is 100-continue."};
    }
    framing.expect = true;
    return std::nullopt;
}

std::optional<Refusal> read_field(const Field& field, Framing& framing, Head& head) {
    // The length of the name is enough to pass by nearly every other field.
    switch (field.name.size()) {
        case 4:
            if (equals_ignoring_case(field.name, "host")) return read_host(field.value, framing);
            break;
        case 6:
            if (equals_ignoring_case(field.name, "expect")) {
                return read_expect(field.value, framing);
            }
            break;
        case 10:
            if (equals_ignoring_case(field.name, "connection")) {
                read_connection(field.value, framing);
            }
            break;
        case 14:
            if (equals_ignoring_case(field.name, "content-length")) {
                return read_content_length(field.value, framing, head);
            }
            break;
        case 17:
            if (equals_ignoring_case(field.name, "transfer-encoding")) {
                return read_transfer_encoding(field.value, framing, head);
            }
            break;
        default:
            break;
    }
    return std::nullopt;
}

std::optional<Refusal> finish(const Framing& framing, Head& head) {
    if (head.http11 && !framing.host) {
        return Refusal{400, "bad-host", "Host is missing."};
    }
    if (framing.transfer_encoding && framing.content_length) {
        return Refusal{400,
                       "bad-transfer-encoding",
                       "Content-Length and Transfer-Encoding exclude each other."};
    }
    if (framing.transfer_encoding && !head.http11) {
        return Refusal{400, "bad-transfer-encoding", "HTTP/1.0 has no Transfer-Encoding."};
    }
    head.keep_alive = !framing.close && (head.http11 || framing.keep_alive);
    head.body.expects_continue = framing.expect && head.http11;
    return std::nullopt;
}

}  // namespace

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char have, char want) {
        return (have >= 'A' && have <= 'Z' ? static_cast<char>(have | 0x20) : have) == want;
    });
}

bool is_token(std::string_view text) {
    return !text.empty() && all_of_class(text, kTokenChar);
}

bool is_field_value(std::string_view text) {
    return all_of_class(text, kValueChar);
}

bool is_host(std::string_view text) {
    if (text.empty() || text.size() > kHostBytesMax) return false;
    std::size_t name_end = 0;
    if (text.front() == '[') {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos || bracket < 3) return false;
        const std::string_view address = text.substr(1, bracket - 1);
        if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) {
            return false;
        }
        name_end = bracket + 1;
    } else {
        name_end = std::min(text.find(':'), text.size());
        if (name_end == 0 || !all_of_class(text.substr(0, name_end), kHostChar)) return false;
    }
    if (name_end == text.size()) return true;
    return text[name_end] == ':' && is_port(text.substr(name_end + 1));
}

std::expected<std::size_t, Refusal> find_head_end(std::string_view bytes, std::size_t from) {
    for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos;
         at = bytes.find('\n', at + 1)) {
        if (at == 0 || bytes[at - 1] != '\r') {
            return bad("bare-line-feed", "A line of the head ends without a carriage return.");
        }
        if (at >= 3 && bytes.substr(at - 3, 2) == kLineEnd) return at + 1;
    }
    return std::size_t{0};
}

std::expected<Field, Refusal> parse_field_line(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) {
        return bad("folded-field", "A field is folded over two lines or begins with a blank.");
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return bad("bad-field-name",
                   "A field has no name, or one with a character not allowed there.");
    }
    const Field field{.name = line.substr(0, colon), .value = trim(line.substr(colon + 1))};
    if (!is_field_value(field.value)) {
        return bad("bad-field-value", "A field's value holds a control character.");
    }
    return field;
}

std::expected<Head, Refusal> parse_head(std::string_view bytes, std::size_t fields_max) {
    constexpr std::size_t kFieldsUsual = 12;
    Head head;
    auto line_end = bytes.find(kLineEnd);
    if (line_end == std::string_view::npos) {
        return bad("bad-request-line", "The request line does not end.");
    }
    if (const auto refused = parse_request_line(bytes.substr(0, line_end), head)) {
        return std::unexpected(*refused);
    }
    head.fields.reserve(std::min(kFieldsUsual, fields_max));
    Framing framing;
    for (std::size_t at = line_end + 2;; at = line_end + 2) {
        line_end = bytes.find(kLineEnd, at);
        if (line_end == std::string_view::npos) return bad("bad-head", "The head does not end.");
        if (line_end == at) break;
        if (head.fields.size() == fields_max) {
            return std::unexpected(
                Refusal{431, "too-many-fields", "The request has too many header fields."});
        }
        const auto field = parse_field_line(bytes.substr(at, line_end - at));
        if (!field) return std::unexpected(field.error());
        if (const auto refused = read_field(*field, framing, head)) {
            return std::unexpected(*refused);
        }
        head.fields.push_back(*field);
    }
    if (line_end + 2 != bytes.size()) return bad("bad-head", "Bytes follow the end of the head.");
    if (const auto refused = finish(framing, head)) return std::unexpected(*refused);
    return head;
}

}  // namespace gateway

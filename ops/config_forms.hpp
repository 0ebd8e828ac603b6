#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The forms that texts of the configuration have. All take any bytes.
namespace ops {

struct Endpoint {
    std::string address;  // numeric, without brackets
    std::uint16_t port = 0;
};

// ADDR:PORT or [ADDR]:PORT with a numeric address.
std::optional<Endpoint> parse_endpoint(std::string_view text);

// SCHEME://HOST[:PORT] in lower case with nothing behind it, as a browser writes an origin: https,
// or http on a loopback name, and no port that is the scheme's own.
bool is_origin(std::string_view text);

// smtp:// or smtps://, HOST[:PORT]; no user, password, path or query.
bool is_smtp_url(std::string_view text);

// kafka://HOST:PORT, or several HOST:PORT with commas.
bool is_kafka_url(std::string_view text);

// 1 to 63 lower-case letters, digits and hyphens.
bool is_node_name(std::string_view text);

// As parse_endpoint, with a port that is not 0.
bool is_endpoint(std::string_view text);

// Whether a URL's host is this machine; false for what is no URL of the forms above.
bool is_on_loopback(std::string_view url);

// Whether a numeric address is one of this machine's loopback addresses.
bool is_loopback(std::string_view address);

// An address that mail can be sent from.
bool is_mail_address(std::string_view text);

// 1 to 254 printable ASCII characters.
bool is_short_ascii(std::string_view text);

// Not empty, no NUL.
bool is_path(std::string_view text);

}  // namespace ops

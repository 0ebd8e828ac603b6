#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Header fields in ASCII: RFC 5322 with encoded words of RFC 2047. Every function gives whole
// lines, each ending in CRLF.
namespace mail {

// Of a line that holds an encoded word, and what other lines keep to where they can be folded.
inline constexpr std::size_t kHeaderColumns = 76;
inline constexpr std::size_t kEncodedWordBytesMax = 75;

// Why a person's text must not stand in a header; nothing when it may.
//   "too-long"     more than `bytes_max` bytes
//   "not-utf8"     not well-formed UTF-8
//   "has-control"  CR, LF, NUL or another control character, a separator of lines or paragraphs
//   "has-bidi"     a character that changes the direction of the text around it
//   "has-address"  something that would be taken for an address
std::optional<std::string_view> header_text_fault(std::string_view text, std::size_t bytes_max);

// "NAME: TEXT". The text must be free of faults; it may be empty.
std::string text_field(std::string_view name, std::string_view text);

// "NAME: DISPLAY <ADDRESS>", or without the display name when that is empty. The address must be
// free of faults (address.hpp), the display name too.
std::string address_field(std::string_view name,
                          std::string_view display,
                          std::string_view address);

// "NAME: VALUE" for a value of visible ASCII and single spaces, folded nowhere.
std::string plain_field(std::string_view name, std::string_view value);

// Sun, 22 Nov 2026 04:53:00 +0000; nothing for a time outside the years 1970 to 9999.
std::optional<std::string> date_text(std::int64_t unix_ms);

}  // namespace mail

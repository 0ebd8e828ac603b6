#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

// Addresses and ids as this program is willing to write them into an envelope or a header: a
// strict part of RFC 5321 and RFC 5322, in ASCII.
namespace mail {

inline constexpr std::size_t kAddressBytesMax = 254;
inline constexpr std::size_t kLocalPartBytesMax = 64;
inline constexpr std::size_t kDomainBytesMax = 253;
inline constexpr std::size_t kLabelBytesMax = 63;
// Hex digits of a Message-ID: 64 to 256 bits.
inline constexpr std::size_t kMessageIdHexMin = 16;
inline constexpr std::size_t kMessageIdHexMax = 64;

// Why the text is not exactly one address of the form dot-atom "@" domain; nothing when it is.
//   "missing"      it is empty
//   "too-long"     an address, its local part or a label is longer than above
//   "needs-smtputf8"  the part before @ is not ASCII
//   "needs-idn"    the domain is not ASCII; its owner also has it in the form xn--...
//   "invalid"      all else: comments, quoted strings, display names, literals, lists, white space,
//                  controls, a domain of one label
std::optional<std::string_view> address_fault(std::string_view text);

// Two or more labels of letters, digits and inner hyphens, the last one not all digits.
bool is_domain(std::string_view text);

// <hex@domain> with lower-case hex digits.
bool is_message_id(std::string_view text);

// Whether something in the text would be taken for an address: x@y.z.
bool holds_address(std::string_view text);

}  // namespace mail

#pragma once

#include <cstddef>
#include <string_view>

// What texts of people the domain takes. All of them are UTF-8 already: the gateway refuses the
// rest. Texts are kept verbatim: not trimmed, not normalised.
namespace commands {

inline constexpr std::size_t kMessageBytesMax = 65'536;
inline constexpr std::size_t kNameBytesMax = 200;
inline constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321, 4.5.3.1.3
inline constexpr std::size_t kPhoneBytesMax = 40;
inline constexpr std::size_t kSubjectBytesMax = 128;

// True when there is nothing but white space (the Unicode property White_Space), or nothing at all.
bool is_blank(std::string_view utf8);
bool has_nul(std::string_view utf8);

// Code points.
std::size_t length_of(std::string_view utf8);

// A name of a person or company: 1 to kNameBytesMax bytes, not only white space, no NUL.
bool is_name(std::string_view utf8);
// An address: at most kEmailBytesMax bytes; something, one @, something; no white space or control.
bool is_email(std::string_view utf8);

// A telephone number as people write it: at most kPhoneBytesMax bytes, digits (at least three),
// spaces and + - / ( ) . only.
bool is_phone(std::string_view text);

// What a company calls one of its own customers: 1 to kSubjectBytesMax bytes, not only white space,
// no NUL.
bool is_subject(std::string_view utf8);

// A language that we have texts in: "de" or "en".
bool is_locale(std::string_view text);

// The rules as a client is told them.
inline constexpr std::string_view kNameRule =
    "A name is 1 to 200 bytes of UTF-8, not only white space, without U+0000.";
inline constexpr std::string_view kEmailRule =
    "An e-mail address has one @, something on either side, no white space, and at most 254 bytes.";
inline constexpr std::string_view kPhoneRule =
    "A telephone number is at most 40 characters: three digits or more, spaces and + - / ( ) .";
inline constexpr std::string_view kSubjectRule =
    "\"sub\" is a text of 1 to 128 bytes, not only white space, without U+0000.";
inline constexpr std::string_view kLocaleRule = "The languages are \"de\" and \"en\".";

}  // namespace commands

#pragma once

#include <string>
#include <string_view>

// Text of strangers on a terminal, in a log line or in a line of JSON: what would move the cursor,
// turn the direction of writing or not show at all is written out instead.
namespace ops {

// Appends `text` with control, bidi and other invisible characters as \u{HEX}, line ends too, the
// backslash as \\, the quotation mark as \" and bytes that are no UTF-8 as \x{HEX}.
void append_printable(std::string& out, std::string_view text);
std::string printable(std::string_view text);

// Appends `text` as a JSON string with its quotation marks. The same characters are written as
// \uHEX, so any JSON reader gives the text back byte for byte. Bytes that are no UTF-8 become
// U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ops

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail {

inline constexpr std::size_t kQuotedPrintableColumns = 76;  // RFC 2045, 6.7

// A text as quoted-printable: visible ASCII only, lines of at most kQuotedPrintableColumns bytes.
// Line ends in the text may be LF, CR LF or CR; what comes out ends in CRLF everywhere, also at
// the end, where one is added if the text has none. An empty text gives nothing. No character
// is cut in two, and no line begins with "From " (which mail folders take for a new mail).
std::string quoted_printable(std::string_view utf8);

}  // namespace mail

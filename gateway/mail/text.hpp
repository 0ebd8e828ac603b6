#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Texts of strangers on their way into a mail: checked, stripped of what does not show, escaped.
namespace mail {

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 0;  // 0: the first byte begins no well-formed sequence
};

// The first character of a text that is not empty: strict UTF-8 (RFC 3629), no overlong forms, no
// surrogates, nothing above U+10FFFF.
CodePoint first_of(std::string_view text);
bool is_utf8(std::string_view text);

// C0 and C1 controls and DEL, and the separators of lines and paragraphs: what may break a line.
bool is_control(char32_t point);
// What changes the direction of the text around it: marks, embeddings, overrides, isolates.
bool is_bidi_control(char32_t point);

// The text as one line: controls and line ends become spaces, runs of spaces one, none is left at
// either end; bidi controls and other characters made to hide text are dropped. Valid UTF-8 in,
// valid UTF-8 out.
std::string shown_line(std::string_view utf8);
// The same line by line: line ends (CR LF, CR, LF, U+2028, U+2029) become LF, spaces stay as they
// are, and empty lines at the end are dropped.
std::string shown_text(std::string_view utf8);

// At most `bytes_max` bytes of it, cut between characters.
std::string_view cut(std::string_view utf8, std::size_t bytes_max);

// As text or as the value of a quoted attribute: & < > " ' are written as references.
std::string escape_html(std::string_view utf8);

}  // namespace mail

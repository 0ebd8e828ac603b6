#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What the style rules look at: files as text, and the little reading of C++ that they need. No
// compiler: a rule sees names and braces, not types.
namespace tidy {

struct Source {
    std::string path;  // relative to the root, with slashes
    std::string text;
};

struct Finding {
    std::string path;
    std::size_t line = 0;  // from 1; 0: the file as a whole
    std::string message;
};

using Findings = std::vector<Finding>;
using Rule = std::function<Findings(const Source&)>;

// Every file that git tracks or would track, read once. Throws when git cannot tell.
const std::vector<Source>& tree();

// The same text with the contents of comments, strings and characters blanked; same length, same
// lines. Knows raw strings and digit separators.
std::string code_only(std::string_view text);
// The same, but strings stay: for includes and paths.
std::string without_comments(std::string_view text);

std::vector<std::string_view> lines_of(std::string_view text);
// The line, from 1, that holds the byte at `at`.
std::size_t line_at(std::string_view text, std::size_t at);

// The first place from `from` on where `word` stands with no letter, digit or underscore at either
// end that is one itself; npos when nowhere.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0);
std::string_view trimmed(std::string_view text);

// The place of the brace that closes the one at `open`; npos when none does. Give it code_only
// text.
std::size_t closing_brace(std::string_view code, std::size_t open);

std::string_view extension(std::string_view path);   // ".cpp"; "" when there is none
std::string_view top_folder(std::string_view path);  // "events"; "" for a file at the top
std::string_view folder_of(std::string_view path);   // "tests/tidy"; "" for a file at the top
std::string_view file_name(std::string_view path);   // "source.hpp"
bool is_header(const Source& source);                // .hpp
bool is_cpp(const Source& source);                   // .hpp or .cpp
bool is_text(const Source& source);                  // no zero byte

}  // namespace tidy

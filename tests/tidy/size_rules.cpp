#include <algorithm>

#include "tests/tidy/rules.hpp"

namespace tidy {
namespace {

// Characters, not bytes: UTF-8 continuation bytes take no column.
std::size_t columns_of(std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_script(const Source& source) {
    return extension(source.path) == ".py" || source.text.starts_with("#!");
}

bool has_line_limit(const Source& source) {
    const std::string_view kind = extension(source.path);
    return is_cpp(source) || is_script(source) || kind == ".proto" || kind == ".cmake" ||
           kind == ".sh" || file_name(source.path) == "CMakeLists.txt";
}

// The outermost blocks that are bodies of functions or lambdas: a parenthesis stands between the
// end of the statement before and the opening brace. Namespaces, classes and lists have none there.
struct Body {
    std::size_t open;
    std::size_t close;
};

std::vector<Body> bodies_of(std::string_view code) {
    std::vector<Body> bodies;
    std::size_t at = code.find('{');
    while (at != std::string_view::npos) {
        const std::size_t statement = at == 0 ? 0 : code.find_last_of(";{}", at - 1) + 1;
        const std::string_view head = code.substr(statement, at - statement);
        const std::size_t close = closing_brace(code, at);
        if (close == std::string_view::npos) break;
        if (head.find('(') == std::string_view::npos) {
            at = code.find('{', at + 1);
            continue;
        }
        bodies.push_back({at, close});
        at = code.find('{', close);
    }
    return bodies;
}

}  // namespace

Findings pragma_once_first(const Source& source) {
    if (!is_header(source)) return {};
    if (trimmed(without_comments(source.text)).starts_with("#pragma once")) return {};
    return {{source.path, 1, "a header begins with #pragma once"}};
}

Findings file_length(const Source& source) {
    if (!is_cpp(source)) return {};
    const std::size_t most = is_header(source) ? kHeaderLinesMax : kSourceLinesMax;
    const std::size_t lines = lines_of(source.text).size();
    if (lines <= most) return {};
    return {{source.path, 0, std::to_string(lines) + " lines, at most " + std::to_string(most)}};
}

Findings function_length(const Source& source) {
    if (!is_cpp(source)) return {};
    Findings findings;
    const std::string code = code_only(source.text);
    for (const Body& body : bodies_of(code)) {
        const std::size_t first = line_at(code, body.open);
        const std::size_t lines = line_at(code, body.close) - first;
        if (lines <= kFunctionLinesMax) continue;
        findings.push_back(
            {source.path, first, "a function of " + std::to_string(lines) + " lines"});
    }
    return findings;
}

Findings line_length(const Source& source) {
    if (!has_line_limit(source)) return {};
    Findings findings;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(source.text)) {
        ++number;
        const std::size_t columns = columns_of(line);
        if (columns <= kColumnsMax) continue;
        findings.push_back({source.path, number, std::to_string(columns) + " columns"});
    }
    return findings;
}

Findings file_size(const Source& source) {
    if (source.text.size() <= kFileBytesMax) return {};
    return {{source.path, 0, std::to_string(source.text.size()) + " bytes are too many"}};
}

Findings snake_case_file_names(const Source& source) {
    if (!is_cpp(source) && extension(source.path) != ".proto") return {};
    const bool snake = std::ranges::all_of(file_name(source.path), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    });
    if (snake) return {};
    return {{source.path, 0, "file names are snake_case"}};
}

}  // namespace tidy

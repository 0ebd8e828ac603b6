#include "tests/tidy/source.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace tidy {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

struct ClosePipe {
    void operator()(FILE* pipe) const { pclose(pipe); }
};

std::vector<std::string> paths_of_tree() {
    const std::string command =
        "git -C '" PARLOUR_SOURCE_DIR "' ls-files --cached --others --exclude-standard -z";
    const std::unique_ptr<FILE, ClosePipe> pipe(popen(command.c_str(), "r"));
    if (!pipe) throw std::runtime_error("cannot run git");
    std::string out;
    std::array<char, 4096> buffer{};
    for (;;) {
        const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe.get());
        if (got == 0) break;
        out.append(buffer.data(), got);
    }
    std::vector<std::string> paths;
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t end = out.find('\0', at);
        paths.push_back(out.substr(at, end - at));
        at = end + 1;
    }
    return paths;
}

std::vector<Source> read_tree() {
    std::vector<Source> sources;
    for (std::string& path : paths_of_tree()) {
        const std::filesystem::path file = std::filesystem::path(PARLOUR_SOURCE_DIR) / path;
        // A tracked file that was just deleted, or a link out of the tree, is nobody's text.
        if (!std::filesystem::is_regular_file(file)) continue;
        std::ifstream in(file, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        sources.push_back({std::move(path), std::move(text)});
    }
    if (sources.empty()) throw std::runtime_error("git lists no file of " PARLOUR_SOURCE_DIR);
    std::ranges::sort(sources, {}, &Source::path);
    return sources;
}

// Walks over the text and blanks what it is told to; one member function per kind of token.
class Blanker {
  public:
    Blanker(std::string_view text, bool blank_literals)
        : text_(text), out_(text), blank_literals_(blank_literals) {}

    std::string run() {
        while (at_ < text_.size()) {
            if (starts("//")) {
                blank_to(text_.find('\n', at_), true);
            } else if (starts("/*")) {
                blank_to(behind(text_.find("*/", at_ + 2), 2), true);
            } else if (starts("R\"") && !follows_word()) {
                raw_string();
            } else if (text_[at_] == '"') {
                quoted('"');
            } else if (text_[at_] == '\'' && !follows_word()) {
                quoted('\'');
            } else {
                ++at_;
            }
        }
        return std::move(out_);
    }

  private:
    [[nodiscard]] bool starts(std::string_view prefix) const {
        return text_.substr(at_).starts_with(prefix);
    }
    // 1'000 is a number and uR"( no name; a quote behind a word character opens nothing.
    [[nodiscard]] bool follows_word() const { return at_ > 0 && is_word(text_[at_ - 1]); }
    static std::size_t behind(std::size_t place, std::size_t length) {
        return place == std::string_view::npos ? place : place + length;
    }
    void blank_to(std::size_t end, bool blank) {
        end = std::min(end, text_.size());
        for (; at_ < end; ++at_) {
            if (blank && text_[at_] != '\n') out_[at_] = ' ';
        }
    }
    void raw_string() {
        const std::size_t open = text_.find('(', at_);
        if (open == std::string_view::npos) {
            at_ = text_.size();
            return;
        }
        const std::string close = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        blank_to(behind(text_.find(close, open), close.size()), blank_literals_);
    }
    void quoted(char quote) {
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
            end += text_[end] == '\\' ? 2 : 1;
        }
        ++at_;
        blank_to(end, blank_literals_);
        if (at_ < text_.size()) ++at_;
    }

    std::string_view text_;
    std::string out_;
    bool blank_literals_;
    std::size_t at_ = 0;
};

}  // namespace

const std::vector<Source>& tree() {
    static const std::vector<Source> sources = read_tree();
    return sources;
}

std::string code_only(std::string_view text) {
    return Blanker(text, true).run();
}

std::string without_comments(std::string_view text) {
    return Blanker(text, false).run();
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::size_t line_at(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
    const bool word_front = is_word(word.front());
    const bool word_back = is_word(word.back());
    for (std::size_t at = text.find(word, from); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool glued_front = word_front && at > 0 && is_word(text[at - 1]);
        const bool glued_back = word_back && end < text.size() && is_word(text[end]);
        if (!glued_front && !glued_back) return at;
    }
    return std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::size_t closing_brace(std::string_view code, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t at = open; at < code.size(); ++at) {
        if (code[at] == '{') ++depth;
        if (code[at] == '}' && --depth == 0) return at;
    }
    return std::string_view::npos;
}

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

std::string_view extension(std::string_view path) {
    const std::string_view name = file_name(path);
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot);
}

std::string_view top_folder(std::string_view path) {
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view folder_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_header(const Source& source) {
    return extension(source.path) == ".hpp";
}

bool is_cpp(const Source& source) {
    return is_header(source) || extension(source.path) == ".cpp";
}

bool is_text(const Source& source) {
    return source.text.find('\0') == std::string::npos;
}

}  // namespace tidy

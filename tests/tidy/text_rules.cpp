#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tests/tidy/rules.hpp"

namespace tidy {
namespace {

bool is_markdown(const Source& source) {
    return extension(source.path) == ".md";
}

// The lines of a markdown file that are not inside a fenced block, with their numbers.
struct Numbered {
    std::size_t number;
    std::string_view line;
};

std::vector<Numbered> prose_of(std::string_view text) {
    std::vector<Numbered> prose;
    bool fenced = false;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(text)) {
        ++number;
        if (trimmed(line).starts_with("```")) {
            fenced = !fenced;
        } else if (!fenced) {
            prose.push_back({number, line});
        }
    }
    return prose;
}

// Words are put together from halves, so that this file does not break its own rule.
const std::vector<std::string>& unfinished_words() {
    static const std::vector<std::string> words{std::string("TO") + "DO",
                                                std::string("FIX") + "ME",
                                                std::string("X") + "XX",
                                                std::string("TB") + "D",
                                                std::string("HA") + "CK"};
    return words;
}

const std::vector<std::string>& workplace_paths() {
    static const std::vector<std::string> paths{std::string("/wo") + "rk/",
                                                std::string("/ho") + "me/",
                                                std::string("../sha") + "red",
                                                std::string("fresh-") + "machine",
                                                std::string("/tmp") + "/b-"};
    return paths;
}

// Whether the text names the path with nothing of a longer path in front of its end.
bool names_file(std::string_view text, std::string_view path) {
    for (std::size_t at = find_word(text, path); at != std::string_view::npos;
         at = find_word(text, path, at + 1)) {
        const char before = at == 0 ? ' ' : text[at - 1];
        const std::size_t end = at + path.size();
        const char after = end < text.size() ? text[end] : ' ';
        if (before != '/' && before != '.' && before != '-' && after != '.' && after != '-') {
            return true;
        }
    }
    return false;
}

}  // namespace

Findings one_first_level_heading(const Source& source) {
    if (!is_markdown(source)) return {};
    std::size_t headings = 0;
    for (const Numbered& at : prose_of(source.text)) {
        if (at.line.starts_with("# ")) ++headings;
    }
    if (headings == 1) return {};
    return {{source.path, 0, std::to_string(headings) + " first-level headings, not one"}};
}

Findings no_unfinished_words(const Source& source) {
    if (!is_text(source)) return {};
    Findings findings;
    for (const std::string& word : unfinished_words()) {
        for (std::size_t at = find_word(source.text, word); at != std::string::npos;
             at = find_word(source.text, word, at + 1)) {
            findings.push_back({source.path, line_at(source.text, at), "finish it: " + word});
        }
    }
    return findings;
}

Findings no_workplace_paths(const Source& source) {
    if (!is_text(source)) return {};
    Findings findings;
    for (const std::string& path : workplace_paths()) {
        const std::size_t at = source.text.find(path);
        if (at == std::string::npos) continue;
        findings.push_back({source.path, line_at(source.text, at), "a path of one machine"});
    }
    return findings;
}

Findings decision_has_its_parts(const Source& source) {
    if (folder_of(source.path) != "ops/decisions" || !is_markdown(source)) return {};
    if (file_name(source.path) == "README.md") return {};
    constexpr std::array<std::string_view, 6> kParts{"Status",
                                                     "Context",
                                                     "Decision",
                                                     "Consequences",
                                                     "Alternatives",
                                                     "How we would notice it was wrong"};
    Findings findings;
    const std::vector<Numbered> prose = prose_of(source.text);
    for (const std::string_view part : kParts) {
        const std::string heading = "## " + std::string(part);
        if (std::ranges::find(prose, heading, &Numbered::line) != prose.end()) continue;
        findings.push_back({source.path, 0, "no heading '" + heading + "'"});
    }
    return findings;
}

Findings every_source_is_built(const std::vector<Source>& sources) {
    std::map<std::string, std::string, std::less<>> lists;  // folder -> text of its list
    std::string all;  // every build file, for sources that are named from the root
    for (const Source& source : sources) {
        const bool list = file_name(source.path) == "CMakeLists.txt";
        if (list) lists.emplace(folder_of(source.path), source.text);
        if (list || extension(source.path) == ".cmake") all += source.text;
    }
    Findings findings;
    for (const Source& source : sources) {
        const std::string_view kind = extension(source.path);
        if (kind != ".cpp" && kind != ".proto") continue;
        const std::string_view path = source.path;
        bool built = all.find("${CMAKE_SOURCE_DIR}/" + source.path + "\"") != std::string::npos;
        for (std::string_view folder = folder_of(path); !built && !folder.empty();
             folder = folder_of(folder)) {
            const auto list = lists.find(folder);
            built = list != lists.end() && names_file(list->second, path.substr(folder.size() + 1));
        }
        if (!built) findings.push_back({source.path, 0, "stands in no CMakeLists.txt"});
    }
    return findings;
}

Findings top_level_is_fixed(const std::vector<Source>& sources) {
    static const std::set<std::string_view> entries{"CMakeLists.txt",
                                                    "CMakePresets.json",
                                                    "LICENSE",
                                                    "README.md",
                                                    "commands",
                                                    "events",
                                                    "gateway",
                                                    "ops",
                                                    "projections",
                                                    "schemas",
                                                    "tests"};
    Findings findings;
    for (const Source& source : sources) {
        const std::string_view entry =
            std::string_view(source.path).substr(0, source.path.find('/'));
        if (entry.starts_with('.') || entries.contains(entry)) continue;
        findings.push_back({source.path, 0, "the top level is fixed; put it in a folder"});
    }
    return findings;
}

Findings every_folder_has_a_readme(const std::vector<Source>& sources) {
    constexpr std::array<std::string_view, 7> kFolders{
        "commands", "events", "gateway", "ops", "projections", "schemas", "tests"};
    Findings findings;
    for (const std::string_view folder : kFolders) {
        const std::string readme = std::string(folder) + "/README.md";
        if (std::ranges::find(sources, readme, &Source::path) != sources.end()) continue;
        findings.push_back({readme, 0, "is missing: what the folder owns and must not know"});
    }
    return findings;
}

}  // namespace tidy

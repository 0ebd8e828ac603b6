#include <array>

#include "tests/tidy/rules.hpp"

namespace tidy {
namespace {

// Every place where `word` stands in the code, as findings with that message.
void find_all(const Source& source,
              std::string_view code,
              std::string_view word,
              std::string_view message,
              Findings& findings) {
    for (std::size_t at = find_word(code, word); at != std::string_view::npos;
         at = find_word(code, word, at + 1)) {
        findings.push_back({source.path, line_at(code, at), std::string(message)});
    }
}

bool is_library(std::string_view path) {
    constexpr std::array<std::string_view, 5> kLibraries{
        "schemas", "events", "commands", "projections", "gateway"};
    for (const std::string_view library : kLibraries) {
        if (top_folder(path) == library) return true;
    }
    return false;
}

// A call: the word and an opening parenthesis behind it.
bool is_called(std::string_view code, std::size_t end) {
    return trimmed(code.substr(end, 8)).starts_with('(');
}

// The code of one switch: its condition and what stands between its braces.
struct Switch {
    std::string_view condition;
    std::size_t open;
    std::size_t close;
};

std::vector<Switch> switches_of(std::string_view code) {
    std::vector<Switch> all;
    for (std::size_t at = find_word(code, "switch"); at != std::string_view::npos;
         at = find_word(code, "switch", at + 1)) {
        const std::size_t open = code.find('{', at);
        if (open == std::string_view::npos) break;
        const std::size_t close = closing_brace(code, open);
        if (close == std::string_view::npos) break;
        all.push_back({code.substr(at, open - at), open, close});
    }
    return all;
}

// The place of a `default:` that belongs to the switch itself, not to one inside it.
std::size_t default_of(std::string_view code, const Switch& at) {
    std::size_t depth = 0;
    for (std::size_t i = at.open + 1; i < at.close; ++i) {
        if (code[i] == '{') ++depth;
        if (code[i] == '}') --depth;
        if (depth == 0 && find_word(code.substr(0, at.close), "default", i) == i) return i;
    }
    return std::string_view::npos;
}

// An object made and owned in one expression, for classes whose constructor is private.
bool is_owned_at_once(std::string_view code, std::size_t at) {
    const std::string_view before = trimmed(code.substr(0, at));
    if (before.ends_with(".reset(")) return true;
    if (!before.ends_with('(')) return false;
    const std::size_t statement = before.find_last_of(";{}") + 1;
    return before.substr(statement).find("unique_ptr") != std::string_view::npos;
}

// `operator new`, and `= delete` of a function.
bool is_no_expression(std::string_view code, std::size_t at, std::string_view word) {
    const std::string_view before = trimmed(code.substr(0, at));
    return before.ends_with("operator") || (word == "delete" && before.ends_with('='));
}

}  // namespace

Findings no_console_in_libraries(const Source& source) {
    Findings findings;
    if (!is_cpp(source) || !is_library(source.path)) return findings;
    const std::string code = code_only(source.text);
    find_all(source, code, "std::cout", "a library does not print; return it or log it", findings);
    return findings;
}

Findings no_detach(const Source& source) {
    Findings findings;
    if (!is_cpp(source)) return findings;
    const std::string code = code_only(source.text);
    find_all(source, code, ".detach(", "a thread is joined, never detached", findings);
    find_all(source, code, "->detach(", "a thread is joined, never detached", findings);
    return findings;
}

Findings no_sleep_in_tests(const Source& source) {
    Findings findings;
    if (top_folder(source.path) != "tests") return findings;
    if (extension(source.path) == ".py") {
        find_all(source, source.text, "time.sleep(", "wait with a deadline", findings);
    }
    if (!is_cpp(source)) return findings;
    constexpr std::array<std::string_view, 4> kSleeps{
        "sleep_for", "sleep_until", "usleep", "nanosleep"};
    const std::string code = code_only(source.text);
    for (const std::string_view sleep : kSleeps) {
        find_all(source, code, sleep, "wait on a condition with a deadline", findings);
    }
    return findings;
}

Findings no_disabled_tests(const Source& source) {
    Findings findings;
    if (!is_cpp(source) || top_folder(source.path) != "tests") return findings;
    const std::string code = code_only(source.text);
    find_all(source, code, "disabled(", "a test that never runs proves nothing", findings);
    return findings;
}

Findings no_using_namespace_in_headers(const Source& source) {
    Findings findings;
    if (!is_header(source)) return findings;
    const std::string code = code_only(source.text);
    find_all(source, code, "using namespace", "not in a header", findings);
    return findings;
}

Findings no_default_in_event_switch(const Source& source) {
    Findings findings;
    if (!is_cpp(source)) return findings;
    const std::string code = code_only(source.text);
    for (const Switch& found : switches_of(code)) {
        const std::string_view body =
            std::string_view(code).substr(found.open, found.close - found.open);
        const bool over_oneof = found.condition.find("_case(") != std::string_view::npos ||
                                body.find("_NOT_SET") != std::string_view::npos;
        if (!over_oneof) continue;
        const std::size_t at = default_of(code, found);
        if (at == std::string_view::npos) continue;
        findings.push_back({source.path,
                            line_at(code, at),
                            "name every event, so that the compiler finds a forgotten one"});
    }
    return findings;
}

Findings no_wall_clock_outside_app(const Source& source) {
    Findings findings;
    // The server stamps the Date header; the application hands the time to everybody else.
    const bool allowed = top_folder(source.path) == "ops" ||
                         source.path.starts_with("gateway/app") ||
                         source.path.starts_with("gateway/server");
    if (!is_cpp(source) || allowed) return findings;
    constexpr std::array<std::string_view, 3> kClocks{"system_clock", "std::time", "gettimeofday"};
    const std::string code = code_only(source.text);
    for (const std::string_view clock : kClocks) {
        find_all(source, code, clock, "time comes in as a parameter", findings);
    }
    return findings;
}

Findings no_raw_new_or_delete(const Source& source) {
    Findings findings;
    if (!is_cpp(source)) return findings;
    const std::string code = code_only(source.text);
    for (const std::string_view word : {std::string_view("new"), std::string_view("delete")}) {
        for (std::size_t at = find_word(code, word); at != std::string::npos;
             at = find_word(code, word, at + 1)) {
            if (is_no_expression(code, at, word)) continue;
            if (word == "new" && is_owned_at_once(code, at)) continue;
            const std::size_t hash = code.rfind('\n', at) + 1;
            if (trimmed(std::string_view(code).substr(hash, at - hash)).starts_with('#')) continue;
            findings.push_back(
                {source.path, line_at(code, at), "own it by a value or unique_ptr at once"});
        }
    }
    return findings;
}

Findings no_printf(const Source& source) {
    Findings findings;
    if (!is_cpp(source)) return findings;
    constexpr std::array<std::string_view, 9> kFamily{"printf",
                                                      "fprintf",
                                                      "sprintf",
                                                      "snprintf",
                                                      "vprintf",
                                                      "vfprintf",
                                                      "vsnprintf",
                                                      "puts",
                                                      "sscanf"};
    const std::string code = code_only(source.text);
    for (const std::string_view name : kFamily) {
        for (std::size_t at = find_word(code, name); at != std::string::npos;
             at = find_word(code, name, at + 1)) {
            if (!is_called(code, at + name.size())) continue;
            findings.push_back({source.path, line_at(code, at), "format with fmt"});
        }
    }
    return findings;
}

}  // namespace tidy

#pragma once

#include <boost/test/unit_test.hpp>

#include "tests/tidy/rules.hpp"

// What the cases of the rules share: run one over the whole tree, or over a snippet.
namespace tidy {

// Reports each finding as a failure of its own.
inline void report(const Findings& findings) {
    for (const Finding& finding : findings) {
        BOOST_ERROR(finding.path << ":" << finding.line << ": " << finding.message);
    }
}

// A rule that looks at nothing passes for the wrong reason; the tree is never empty.
inline void whole_tree_obeys(const Rule& rule) {
    BOOST_TEST_REQUIRE(!tree().empty());
    for (const Source& source : tree()) report(rule(source));
}

inline bool breaks(const Rule& rule, std::string path, std::string text) {
    return !rule(Source{std::move(path), std::move(text)}).empty();
}

// The line of the first finding; 0 when there is none.
inline std::size_t first_line(const Rule& rule, std::string path, std::string text) {
    const Findings findings = rule(Source{std::move(path), std::move(text)});
    return findings.empty() ? 0 : findings.front().line;
}

}  // namespace tidy

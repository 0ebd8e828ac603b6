#pragma once

#include "tests/tidy/source.hpp"

// The style guide as functions: each gives what breaks its rule in one file, or in the tree. A rule
// that needs no other file is a function of one Source alone.
namespace tidy {

// Includes (include_rules.cpp).
// schemas <- events <- { commands, projections } <- gateway <- ops; tests see all.
Findings include_direction(const Source& source);
// The link lines of a folder's CMakeLists.txt say the same.
Findings link_direction(const Source& source);
// Own headers are included root-relative and in quotes, everything else in angle brackets.
Findings own_includes_root_relative(const Source& source);
// Each third-party library that shapes a file has named homes.
Findings third_party_homes(const Source& source);
// The headers that make every file slow to compile.
Findings no_umbrella_includes(const Source& source);

// Names (name_rules.cpp).
Findings no_console_in_libraries(const Source& source);
Findings no_detach(const Source& source);
Findings no_sleep_in_tests(const Source& source);
Findings no_disabled_tests(const Source& source);
Findings no_using_namespace_in_headers(const Source& source);
Findings no_default_in_event_switch(const Source& source);
Findings no_wall_clock_outside_app(const Source& source);
Findings no_raw_new_or_delete(const Source& source);
Findings no_printf(const Source& source);

// Shape of C++ files (size_rules.cpp).
inline constexpr std::size_t kHeaderLinesMax = 150;
inline constexpr std::size_t kSourceLinesMax = 600;
inline constexpr std::size_t kFunctionLinesMax = 70;
inline constexpr std::size_t kColumnsMax = 100;
inline constexpr std::size_t kFileBytesMax = std::size_t{500} * 1000;
Findings pragma_once_first(const Source& source);
Findings file_length(const Source& source);
Findings function_length(const Source& source);
Findings line_length(const Source& source);
Findings file_size(const Source& source);
Findings snake_case_file_names(const Source& source);

// Texts and the tree (text_rules.cpp).
Findings one_first_level_heading(const Source& source);
Findings no_unfinished_words(const Source& source);
Findings no_workplace_paths(const Source& source);
Findings decision_has_its_parts(const Source& source);
// Every .cpp and .proto stands in the CMakeLists.txt of its folder or of one above, or is named
// from the root in any.
Findings every_source_is_built(const std::vector<Source>& sources);
Findings top_level_is_fixed(const std::vector<Source>& sources);
Findings every_folder_has_a_readme(const std::vector<Source>& sources);

}  // namespace tidy

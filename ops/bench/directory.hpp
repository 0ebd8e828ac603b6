#pragma once

#include <cstddef>
#include <vector>

// A company with very many experts, and how long a search among them takes over HTTP.
namespace bench {

struct DirectoryFigures {
    std::size_t experts = 0;
    // Of each kind of search: every expert; by language, expertise, location, and all three; and of
    // those who are available, which nobody is.
    std::vector<double> p50_ms;
    std::vector<double> all_ms;  // of all kinds
};

// One search after the other, `rounds` of each kind. Throws std::runtime_error.
DirectoryFigures measure_directory(std::size_t experts, std::size_t rounds);

}  // namespace bench

#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

// How much a fault test does, and what it tells. The unit run does little of everything; a long run
// says how much by environment variables. Each run prints what it did, as a line `figure: ...`.
namespace test_support {

// The number that the environment gives under this name, else `few`.
inline std::uint64_t effort(const char* variable, std::uint64_t few) {
    // Read before any other thread of the test runs.
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char* const given = std::getenv(variable);
    if (given == nullptr || *given == '\0') return few;
    return std::strtoull(given, nullptr, 10);
}

// The seed of a run: PARLOUR_TEST_SEED repeats one, else it is new every time.
inline std::uint64_t first_seed() {
    return effort("PARLOUR_TEST_SEED", std::random_device{}());
}

inline void figure(const std::string& text) {
    std::cout << "figure: " << text << std::endl;
}

}  // namespace test_support

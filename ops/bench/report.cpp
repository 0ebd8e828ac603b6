#include "ops/bench/report.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bench {

Report::Report(std::string_view job) {
    text("job", job);
}

Report& Report::text(std::string_view name, std::string_view value) {
    add(name, fmt::format("\"{}\"", value));
    return *this;
}

Report& Report::number(std::string_view name, double value, int decimals) {
    add(name, fmt::format("{:.{}f}", value, decimals));
    return *this;
}

Report& Report::count(std::string_view name, std::size_t value) {
    add(name, fmt::format("{}", value));
    return *this;
}

void Report::add(std::string_view name, std::string_view json) {
    if (!fields_.empty()) fields_ += ',';
    fields_ += fmt::format("\"{}\":{}", name, json);
}

void Report::print() const {
    fmt::print("{{{}}}\n", fields_);
    static_cast<void>(std::fflush(stdout));
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    const auto last = static_cast<double>(values.size() - 1);
    const auto place = static_cast<std::ptrdiff_t>(share * last + 0.5);
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
}

int give_up(std::string_view job, std::string_view why) {
    fmt::print(stderr, "bench {}: {}\n", job, why);
    return 1;
}

Scratch::Scratch() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parlour-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("cannot make a scratch folder " + pattern);
    }
    path_ = pattern;
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace bench

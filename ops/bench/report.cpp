#include "ops/bench/report.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <time.h>

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

namespace {

double process_cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

constexpr double kHttpsTarget = 0.55;

double median_of(const std::vector<Round>& rounds, double Round::* field) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (const auto& round : rounds) values.push_back(round.*field);
    return median(std::move(values));
}

}  // namespace

CpuClock::CpuClock() : started_us_(process_cpu_us()) {}

double CpuClock::micros() const {
    return process_cpu_us() - started_us_;
}

double Sides::figure() const {
    return median_of(rounds_, &Round::figure);
}

double Sides::cpu_us() const {
    return median_of(rounds_, &Round::cpu_us);
}

double Sides::floor() const {
    return median_of(rounds_, &Round::floor);
}

double Sides::ratio() const {
    std::vector<double> ratios;
    ratios.reserve(rounds_.size());
    for (const auto& round : rounds_) {
        if (round.floor > 0) ratios.push_back(round.figure / round.floor);
    }
    return median(std::move(ratios));
}

void Sides::print(Report& report, std::string_view unit, double target) const {
    const double cpu_us = median_of(rounds_, &Round::cpu_us);
    const double floor_cpu_us = median_of(rounds_, &Round::floor_cpu_us);
    report.number("figure", figure(), 0)
        .text("unit", unit)
        .number("floor", floor(), 0)
        .number("ratio", ratio())
        .number("target", target, 2)
        .number("cpu_us", cpu_us, 2)
        .number("floor_cpu_us", floor_cpu_us, 2)
        .number("cpu_ratio", cpu_us > 0 ? floor_cpu_us / cpu_us : 0);
}

void print_https(Report& report, const Sides& https) {
    report.number("https", https.figure(), 0)
        .number("https_of_plain", https.ratio())
        .number("https_target", kHttpsTarget, 2)
        .number("https_cpu_us", https.cpu_us(), 2);
}

int give_up(std::string_view job, std::string_view why) {
    fmt::print(stderr, "bench {}: {}\n", job, why);
    return 1;
}

std::uint64_t folder_bytes(const std::filesystem::path& dir) {
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir)) {
        if (file.is_regular_file()) bytes += file.file_size();
    }
    return bytes;
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

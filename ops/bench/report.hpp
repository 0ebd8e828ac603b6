#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// What the benchmarks share: the one line they print, medians, and a folder of their own.
namespace bench {

// A JSON object written field by field, in order. Names and texts are the program's own.
class Report {
  public:
    explicit Report(std::string_view job);
    Report& text(std::string_view name, std::string_view value);
    Report& number(std::string_view name, double value, int decimals = 3);
    Report& count(std::string_view name, std::size_t value);
    // Prints the line on standard output.
    void print() const;

  private:
    void add(std::string_view name, std::string_view json);
    std::string fields_;
};

// The value below which `share` (0 to 1) of the values lie; 0 for none.
double quantile(std::vector<double> values, double share);
inline double median(std::vector<double> values) {
    return quantile(std::move(values), 0.5);
}

// The processor time of the whole program since it was made, in all its threads: what a noisy
// machine disturbs least.
class CpuClock {
  public:
    CpuClock();
    [[nodiscard]] double micros() const;

  private:
    double started_us_;
};

// Figure and floor of one round, per second; and the processor time that one piece of work took.
struct Round {
    double figure = 0;
    double floor = 0;
    double cpu_us = 0;
    double floor_cpu_us = 0;
};

// The rounds of a job. The line gives their medians, and the median of the rounds' ratios.
class Sides {
  public:
    void add(const Round& round) { rounds_.push_back(round); }
    [[nodiscard]] double figure() const;
    [[nodiscard]] double floor() const;
    [[nodiscard]] double ratio() const;
    [[nodiscard]] double cpu_us() const;
    // figure, unit, floor, ratio, target, cpu_us, floor_cpu_us, cpu_ratio.
    void print(Report& report, std::string_view unit, double target) const;

  private:
    std::vector<Round> rounds_;
};

// Of a load over HTTPS, whose floor is the same over plain HTTP.
void print_https(Report& report, const Sides& https);

// Says in one line on standard error why a benchmark ended; gives exit code 1.
int give_up(std::string_view job, std::string_view why);

// Bytes of the files in a folder.
std::uint64_t folder_bytes(const std::filesystem::path& dir);

// A folder under the system's temporary one, removed at the end. Throws when it cannot be made.
class Scratch {
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace bench

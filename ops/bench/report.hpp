#pragma once

#include <cstddef>
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

// Says in one line on standard error why a benchmark ended; gives exit code 1.
int give_up(std::string_view job, std::string_view why);

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

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// How every subcommand reads its command line and says what went wrong: one line on stderr and an
// exit code that scripts can rely on. Boost.Program_options stays behind this header.
namespace ops {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitViolation = 3;

struct Option {
    std::string name;   // without the dashes
    std::string value;  // what stands for the value in the help, e.g. "DIR"; empty: a switch
    std::string help;
};

struct Subcommand {
    std::string name;        // "import"
    std::string usage;       // behind the name: "FILE... --server URL"
    std::string about;       // a sentence or more; lines are the author's
    std::string positional;  // what stands for the arguments without a dash; empty: there are none
    std::vector<Option> options;
};

// Thrown by Arguments and by a subcommand's body for a command line that cannot be meant: exit
// code 2.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// A command line that was read. Throws UsageError for what is missing or out of bounds.
class Arguments {
  public:
    [[nodiscard]] bool has(const std::string& option) const;
    // The value; nothing when the option was not given. An empty value is a usage error.
    [[nodiscard]] std::optional<std::string> text(const std::string& option) const;
    [[nodiscard]] std::string required(const std::string& option) const;

    struct Bounds {  // both inclusive
        std::uint64_t min = 0;
        std::uint64_t max = UINT64_MAX;
    };
    // Decimal digits only.
    [[nodiscard]] std::optional<std::uint64_t> count(const std::string& option,
                                                     Bounds bounds) const;
    [[nodiscard]] std::optional<std::uint64_t> count(const std::string& option) const {
        return count(option, Bounds{});
    }
    [[nodiscard]] const std::vector<std::string>& positional() const;

  private:
    friend int run_subcommand(const Subcommand& subcommand,
                              std::span<char* const> args,
                              const std::function<int(const Arguments&)>& body);
    struct Values;
    explicit Arguments(std::shared_ptr<const Values> values);
    std::shared_ptr<const Values> values_;
};

// Reads the command line (`args` without program and subcommand), answers --help itself and gives
// the exit code of `body`. What escapes as UsageError is 2, as any other exception 1, each with one
// line.
int run_subcommand(const Subcommand& subcommand,
                   std::span<char* const> args,
                   const std::function<int(const Arguments&)>& body);

// The same for a subcommand of two words, "tenant create", which does nothing else yet: `args`
// begin with the second word.
int run_one_action(const Subcommand& subcommand,
                   std::span<char* const> args,
                   const std::function<int(const Arguments&)>& body);

// The same where the second word is one of several; at least one.
struct Action {
    Subcommand subcommand;
    std::function<int(const Arguments&)> body;
};
int run_action(std::span<const Action> actions, std::span<char* const> args);

// One line on stderr, "parlour NAME: WHAT", with everything unprintable escaped; gives kExitFailed.
int fail_with(std::string_view subcommand, std::string_view what);

}  // namespace ops

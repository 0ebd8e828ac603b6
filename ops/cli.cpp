#include "ops/cli.hpp"

#include <fmt/format.h>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <utility>

#include "ops/printable.hpp"

namespace po = boost::program_options;

namespace ops {

struct Arguments::Values {
    std::map<std::string, std::string, std::less<>> options;
    std::vector<std::string> positional;
};

namespace {

// The hidden option that collects the arguments without a dash.
constexpr const char* kPositional = "parlour-positional";

po::options_description describe(const Subcommand& subcommand) {
    po::options_description options("Options", 96);
    for (const Option& option : subcommand.options) {
        if (option.value.empty()) {
            options.add_options()(option.name.c_str(), option.help.c_str());
        } else {
            options.add_options()(option.name.c_str(),
                                  po::value<std::string>()->value_name(option.value),
                                  option.help.c_str());
        }
    }
    options.add_options()("help", "print this and end");
    return options;
}

po::variables_map parse(const Subcommand& subcommand,
                        const po::options_description& described,
                        std::span<char* const> args) {
    po::options_description all;
    all.add(described);
    po::positional_options_description positional;
    if (!subcommand.positional.empty()) {
        all.add_options()(kPositional, po::value<std::vector<std::string>>());
        positional.add(kPositional, -1);
    }
    // No guessing: an abbreviation would change its meaning when an option is added.
    constexpr int kStyle =
        po::command_line_style::unix_style ^ po::command_line_style::allow_guessing;
    const std::vector<std::string> words(args.begin(), args.end());
    po::variables_map map;
    po::store(
        po::command_line_parser(words).options(all).positional(positional).style(kStyle).run(),
        map);
    return map;
}

void print_help(const Subcommand& subcommand, const po::options_description& described) {
    std::ostringstream text;
    text << "Usage: parlour " << subcommand.name;
    if (!subcommand.usage.empty()) text << ' ' << subcommand.usage;
    text << "\n\n" << subcommand.about << "\n\n" << described;
    const std::string all = text.str();
    std::fwrite(all.data(), 1, all.size(), stdout);
    std::fflush(stdout);
}

}  // namespace

Arguments::Arguments(std::shared_ptr<const Values> values) : values_(std::move(values)) {}

bool Arguments::has(const std::string& option) const {
    return values_->options.contains(option);
}

std::optional<std::string> Arguments::text(const std::string& option) const {
    const auto found = values_->options.find(option);
    if (found == values_->options.end()) return std::nullopt;
    if (found->second.empty()) throw UsageError(fmt::format("--{} has an empty value", option));
    return found->second;
}

std::string Arguments::required(const std::string& option) const {
    auto value = text(option);
    if (!value) throw UsageError(fmt::format("--{} is required", option));
    return *std::move(value);
}

std::optional<std::uint64_t> Arguments::count(const std::string& option, Bounds bounds) const {
    const auto value = text(option);
    if (!value) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = value->data() + value->size();
    const auto [stop, failed] = std::from_chars(value->data(), end, number);
    if (failed != std::errc{} || stop != end || number < bounds.min || number > bounds.max) {
        throw UsageError(
            bounds.max == UINT64_MAX
                ? fmt::format("--{} takes a whole number from {}", option, bounds.min)
                : fmt::format(
                      "--{} takes a whole number from {} to {}", option, bounds.min, bounds.max));
    }
    return number;
}

const std::vector<std::string>& Arguments::positional() const {
    return values_->positional;
}

int fail_with(std::string_view subcommand, std::string_view what) {
    const std::string line = fmt::format("parlour {}: {}\n", subcommand, printable(what));
    std::fwrite(line.data(), 1, line.size(), stderr);
    return kExitFailed;
}

int run_subcommand(const Subcommand& subcommand,
                   std::span<char* const> args,
                   const std::function<int(const Arguments&)>& body) {
    const auto usage = [&subcommand](std::string_view what) {
        fail_with(subcommand.name,
                  fmt::format("{}; see 'parlour {} --help'", what, subcommand.name));
        return kExitUsage;
    };
    try {
        const po::options_description described = describe(subcommand);
        const po::variables_map map = parse(subcommand, described, args);
        if (map.contains("help")) {
            print_help(subcommand, described);
            return kExitOk;
        }
        auto values = std::make_shared<Arguments::Values>();
        for (const auto& [name, value] : map) {
            if (name == kPositional) {
                values->positional = value.as<std::vector<std::string>>();
            } else {
                const auto* const text = boost::any_cast<std::string>(&value.value());
                values->options.emplace(name, text == nullptr ? std::string{} : *text);
            }
        }
        return body(Arguments(std::move(values)));
    } catch (const UsageError& error) {
        return usage(error.what());
    } catch (const po::error& error) {
        return usage(error.what());
    } catch (const std::exception& error) {
        return fail_with(subcommand.name, error.what());
    }
}

int run_action(std::span<const Action> actions, std::span<char* const> args) {
    std::string names;
    for (const auto& [subcommand, body] : actions) {
        const std::string_view name = subcommand.name;
        if (!args.empty() && args[0] == name.substr(name.find(' ') + 1)) {
            return run_subcommand(subcommand, args.subspan(1), body);
        }
        names.append(names.empty() ? "" : " or ").append("parlour ").append(name);
    }
    const std::string_view first = actions.front().subcommand.name;
    fail_with(first.substr(0, first.find(' ')), fmt::format("what it does is: {}", names));
    return kExitUsage;
}

int run_one_action(const Subcommand& subcommand,
                   std::span<char* const> args,
                   const std::function<int(const Arguments&)>& body) {
    const std::array only{Action{.subcommand = subcommand, .body = body}};
    return run_action(only, args);
}

}  // namespace ops

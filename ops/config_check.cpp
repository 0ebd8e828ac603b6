#include "ops/config_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "ops/cli.hpp"
#include "ops/config.hpp"
#include "ops/printable.hpp"

namespace ops {
namespace {

Subcommand config_subcommand() {
    return {.name = "config",
            .usage = "check [--config FILE]",
            .about =
                "Prints every key of the configuration with its effective value and its "
                "default, as a\nconfiguration file, and on standard error every fault with its "
                "line and what to do.\nExit code 1 when there is one.",
            .positional = "ACTION",
            .options = {{"config", "FILE", "the TOML file that serve --config would read"}}};
}

bool has_value(const ConfigValue& value) {
    const auto* const text = std::get_if<std::string>(&value);
    return text == nullptr || !text->empty();
}

// Each line is TOML, so that what is printed can be used as a file; a key without a value stands in
// a comment.
std::string line_of(const ConfigKey& key, const Config& config, const Config& defaults) {
    const auto value = key.get(config);
    const auto fallback = key.get(defaults);
    if (!has_value(value)) return fmt::format("# {} is not set, as by default\n", key.name);
    const std::string assigned = fmt::format("{} = {}", key.name, to_toml(value));
    return fmt::format("{:<44} # {}\n",
                       assigned,
                       value == fallback     ? std::string("the default")
                       : has_value(fallback) ? "default: " + to_toml(fallback)
                                             : std::string("not set by default"));
}

int check(const Arguments& arguments) {
    if (arguments.positional() != std::vector<std::string>{"check"}) {
        throw UsageError("the only action is check");
    }
    ConfigSource source;
    if (const auto file = arguments.text("config")) source = read_config(*file);
    check_together(source);
    check_files(source);
    const Config defaults;
    std::string out;
    for (const auto& key : config_keys()) out += line_of(key, source.config, defaults);
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
    return source.faults.empty() ? kExitOk : refuse("config", source);
}

}  // namespace

int refuse(std::string_view subcommand, const ConfigSource& source) {
    const ConfigFault* of_command_line = nullptr;
    for (const auto& fault : source.faults) {
        if (fault.where.starts_with("--")) {
            of_command_line = &fault;
        } else {
            fail_with(subcommand, fmt::format("{}: {}", fault.where, fault.what));
        }
    }
    if (of_command_line == nullptr) return kExitFailed;
    throw UsageError(fmt::format("{}: {}", of_command_line->where, of_command_line->what));
}

int run_config(std::span<char* const> args) {
    return run_subcommand(config_subcommand(), args, check);
}

}  // namespace ops

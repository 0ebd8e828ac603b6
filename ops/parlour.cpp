#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include "ops/admin.hpp"
#include "ops/bench.hpp"
#include "ops/cli.hpp"
#include "ops/config_check.hpp"
#include "ops/import.hpp"
#include "ops/migrate.hpp"
#include "ops/rebuild.hpp"
#include "ops/recover.hpp"
#include "ops/replay.hpp"
#include "ops/routes.hpp"
#include "ops/schema.hpp"
#include "ops/serve.hpp"
#include "ops/stats.hpp"
#include "ops/tenant.hpp"
#include "ops/topics.hpp"

// The program: finds the subcommand and hands it the rest of the command line.
namespace {

struct Entry {
    std::string_view name;
    int (*run)(std::span<char* const> args);
    std::string_view about;  // empty: for tests, not told
};

constexpr std::array kSubcommands{
    Entry{"serve", ops::run_serve, "serve the API from a data folder"},
    Entry{"import", ops::run_import, "replay conversations from NDJSON files through the API"},
    Entry{"replay", ops::run_replay, "print a tenant's events in order and check them"},
    Entry{"stats", ops::run_stats, "count what a data folder holds"},
    Entry{"bench", ops::run_bench, "measure a job beside its floor"},
    Entry{"config", ops::run_config, "check a configuration file and print what is in force"},
    Entry{"rebuild", ops::run_rebuild, "make the views of a data folder anew from its log"},
    Entry{"recover", ops::run_recover, "write a master key file from its recovery key"},
    Entry{"tenant", ops::run_tenant, "found a company and print the link for its first admin"},
    Entry{"admin", ops::run_admin, "lock an account, or unlock it and an admin's memberships"},
    Entry{"token", ops::run_token, "revoke an API token"},
    Entry{"topics", ops::run_topics, "check or make the topics of a Kafka cluster"},
    Entry{"migrate", ops::run_migrate, "move a data folder's installation to Kafka"},
    Entry{"schema", ops::run_schema, "print the JSON Schema of the analytics feed"},
    Entry{"routes", ops::run_routes, ""},
};

void print_help(std::FILE* where) {
    fmt::print(where, "usage: parlour SUBCOMMAND [OPTION...]\n\n");
    for (const auto& entry : kSubcommands) {
        if (!entry.about.empty()) fmt::print(where, "  {:8} {}\n", entry.name, entry.about);
    }
    fmt::print(
        where,
        "\nparlour SUBCOMMAND --help tells its options. Exit codes: 0 done, 1 failed, 2 wrong "
        "usage, 3 a violation was found.\n");
}

int run(std::span<char* const> args) {
    if (args.empty()) {
        fmt::print(stderr, "parlour: give a subcommand; parlour --help lists them\n");
        return ops::kExitUsage;
    }
    const std::string_view name = args[0];
    if (name == "--help" || name == "-h" || name == "help") {
        print_help(stdout);
        return ops::kExitOk;
    }
    for (const auto& entry : kSubcommands) {
        if (entry.name == name) return entry.run(args.subspan(1));
    }
    fmt::print(stderr, "parlour: there is no such subcommand; parlour --help lists them\n");
    return ops::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& error) {
        std::fputs("parlour: ", stderr);
        std::fputs(error.what(), stderr);
        std::fputs("\n", stderr);
        return ops::kExitFailed;
    }
}

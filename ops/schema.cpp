#include "ops/schema.hpp"

#include <cstdio>
#include <string>

#include "ops/cli.hpp"
#include "projections/analytics_schema.hpp"

namespace ops {
namespace {

Subcommand schema_subcommand() {
    return {.name = "schema",
            .usage = "",
            .about =
                "Prints what the data of each type of analytics event looks like, as JSON "
                "Schema.\nschemas/analytics.schema.json is its output.",
            .positional = "",
            .options = {}};
}

int schema(const Arguments& /*arguments*/) {
    const std::string text = projections::analytics_schema();
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return written && std::fflush(stdout) == 0 ? kExitOk
                                               : fail_with("schema", "the output is gone");
}

}  // namespace

int run_schema(std::span<char* const> args) {
    return run_subcommand(schema_subcommand(), args, schema);
}

}  // namespace ops

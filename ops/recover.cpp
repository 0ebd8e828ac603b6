#include "ops/recover.hpp"

#include <fmt/format.h>

#include <iostream>
#include <string>

#include "events/key_ring.hpp"
#include "ops/cli.hpp"

namespace ops {
namespace {

Subcommand recover_subcommand() {
    return {.name = "recover",
            .usage = "--master-key FILE",
            .about =
                "Reads a recovery key, as the first start showed it, from standard input and\n"
                "writes the master key file again. Whether it is the right one shows at the\n"
                "next start.",
            .positional = "",
            .options = {{"master-key", "FILE", "the file to write; it must not exist yet"}}};
}

}  // namespace

int run_recover(std::span<char* const> args) {
    return run_subcommand(recover_subcommand(), args, [](const Arguments& arguments) {
        const std::string file = arguments.required("master-key");
        std::string text;
        std::getline(std::cin, text);
        const auto master = events::parse_recovery_text(text);
        if (!master) {
            return fail_with(
                "recover", "standard input holds no recovery key: a group is missing or mistyped");
        }
        const auto written = events::write_master_key(file, *master);
        if (!written) return fail_with("recover", written.error().detail);
        fmt::print("wrote {}\n", file);
        return kExitOk;
    });
}

}  // namespace ops

#include "ops/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "gateway/app.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"

namespace ops {
namespace {

Subcommand routes_subcommand() {
    return {.name = "routes",
            .usage = "",
            .about =
                "Prints every route that this program answers, one a line: method, pattern, and "
                "for whom.\nFor tests.",
            .positional = "",
            .options = {}};
}

// "SCOPE_HISTORY_READ" as API clients know it: "history:read".
std::string word_of(std::string name, std::size_t prefix_bytes) {
    name.erase(0, prefix_bytes);
    for (char& c : name) {
        if (c == '_') c = ':';
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return name;
}

std::string text_of(const gateway::Access& access) {
    std::vector<std::string> words;
    if (access.everybody) words.emplace_back("everybody");
    if (access.visitor) words.emplace_back("visitor");
    if (access.customer) words.emplace_back("customer");
    if (access.signed_in) words.emplace_back("signed-in");
    for (const auto role : access.roles) {
        constexpr std::size_t kPrefix = std::string_view("ROLE_").size();
        words.push_back("role=" + word_of(parlour::company::v1::Role_Name(role), kPrefix));
    }
    if (access.scope) {
        constexpr std::size_t kPrefix = std::string_view("SCOPE_").size();
        words.push_back("scope=" +
                        word_of(parlour::company::v1::Scope_Name(*access.scope), kPrefix));
    }
    return fmt::format("{}", fmt::join(words, ","));
}

// The routes exist only once everything behind them does, so an empty data folder is made for them.
int routes(const Arguments& /*arguments*/) {
    const auto scratch = ScratchFolder::make();
    if (!scratch) return fail_with("routes", scratch.error().detail);
    const auto place = scratch->folder("routes");
    if (!place) return fail_with("routes", place.error().detail);
    const auto folder = gateway::open_or_make_data_folder(
        {.data = *place / "data", .keys = *place / "keys", .master_key = *place / "master"});
    if (!folder) return fail_with("routes", folder.error().detail);
    const auto app = gateway::App::open(*folder, {});
    if (!app) return fail_with("routes", app.error().detail);
    for (const auto& route : (*app)->routes()) {
        fmt::print("{}\t{}\t{}\n", route.method, route.pattern, text_of(route.access));
    }
    return kExitOk;
}

}  // namespace

int run_routes(std::span<char* const> args) {
    return run_subcommand(routes_subcommand(), args, routes);
}

}  // namespace ops

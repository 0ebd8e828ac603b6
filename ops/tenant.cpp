#include "ops/tenant.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "commands/company.hpp"
#include "commands/invitation.hpp"
#include "commands/text.hpp"
#include "events/crypto.hpp"
#include "gateway/app_clock.hpp"
#include "gateway/mail_token.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"
#include "ops/offline.hpp"

namespace ops {
namespace {

using events::Result;

constexpr std::string_view kName = "tenant create";
constexpr std::int64_t kLinkValidMs = std::int64_t{7} * 24 * 60 * 60 * 1000;

Subcommand describe() {
    Subcommand out{
        .name = std::string(kName),
        .usage = "--data DIR --name NAME --admin EMAIL [--url URL] [--locale de|en]",
        .about =
            "Founds a company and prints a link, good once and for seven days, by which\n"
            "its first admin sets a password and joins; also where registration is\n"
            "closed. Whoever has the link is the admin: hand it over safely. No server\n"
            "may run on the folder.",
        .positional = "",
        .options = folder_options()};
    out.options.push_back({"name", "NAME", "what the company is called"});
    out.options.push_back({"admin", "EMAIL", "the address of its first admin"});
    out.options.push_back({"url", "URL", "where people reach the portals, as public_url"});
    out.options.push_back({"locale", "de|en", "the admin's language (default en)"});
    return out;
}

struct Wanted {
    std::string name;
    std::string admin;
    std::string locale;
};

struct Founded {
    events::TenantId tenant;
    std::string token;
};

Result<Founded> found(Offline& offline, const Wanted& wanted) {
    Founded founded{.tenant = events::random_id<events::TenantId>(), .token = {}};
    const auto keys = offline.keys().tenant_keys(founded.tenant);
    if (!keys) return std::unexpected(keys.error());
    const auto invitation = events::random_id<events::Uuid>();
    const auto secret = gateway::mail_secret(**keys, events::random_id<events::Uuid>());
    auto status = offline.run<commands::Company>(
        founded.tenant,
        events::random_id<events::Uuid>(),
        commands::CreateCompany{.name = events::Personal(wanted.name)});
    if (!status) return std::unexpected(status.error());
    status = offline.run<commands::Invitation>(
        founded.tenant,
        invitation,
        commands::SendInvitation{.name = events::Personal(wanted.admin),
                                 .email = events::Personal(wanted.admin),
                                 .roles = {parlour::company::v1::ROLE_ADMIN},
                                 .locale = wanted.locale,
                                 .token_sha256 = events::sha256({secret}),
                                 .valid_until_ms = gateway::wall_clock_ms() + kLinkValidMs,
                                 .mail = std::nullopt,
                                 .expert = std::nullopt});
    if (!status) return std::unexpected(status.error());
    founded.token = gateway::link_token(
        events::public_id(founded.tenant, {commands::Invitation::kKind, invitation}), secret);
    return founded;
}

int create(const Arguments& arguments) {
    const auto paths = folder_paths(arguments);
    const Wanted wanted{.name = arguments.required("name"),
                        .admin = arguments.required("admin"),
                        .locale = arguments.text("locale").value_or("en")};
    if (!commands::is_name(wanted.name)) throw UsageError("--name is no name");
    if (!commands::is_email(wanted.admin)) throw UsageError("--admin is no e-mail address");
    if (!commands::is_locale(wanted.locale)) throw UsageError("--locale takes de or en");
    const auto url = arguments.text("url").value_or("http://127.0.0.1:8080");
    auto offline = Offline::open(paths, Offline::Folder::kMayBeMade);
    if (!offline) return fail_with(kName, offline.error().detail);
    const auto founded = found(**offline, wanted);
    if (!founded) return fail_with(kName, founded.error().detail);
    fmt::print(
        "company {}\n{}/#invitation={}\n", events::to_text(founded->tenant), url, founded->token);
    return kExitOk;
}

}  // namespace

int run_tenant(std::span<char* const> args) {
    return run_one_action(describe(), args, create);
}

}  // namespace ops

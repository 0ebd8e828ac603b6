#include "ops/admin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/text.hpp"
#include "gateway/account_access.hpp"
#include "gateway/app_clock.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"
#include "ops/offline.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Status;

constexpr std::string_view kLock = "admin lock";
constexpr std::string_view kUnlock = "admin unlock";
constexpr std::string_view kRevoke = "token revoke";

Subcommand describe_lock() {
    Subcommand out{.name = std::string(kLock),
                   .usage = "--data DIR --email EMAIL",
                   .about =
                       "Locks the account of that address, in every company: none of its sessions\n"
                       "opens anything, and it cannot log in. No server may run on the folder.",
                   .positional = "",
                   .options = folder_options()};
    out.options.push_back({"email", "EMAIL", "the address of the account"});
    return out;
}

Subcommand describe_unlock() {
    Subcommand out{.name = std::string(kUnlock),
                   .usage = "--data DIR --email EMAIL",
                   .about =
                       "Unlocks the account of that address, and its memberships where it is an\n"
                       "admin. No server may run on the folder.",
                   .positional = "",
                   .options = folder_options()};
    out.options.push_back({"email", "EMAIL", "the address of the account"});
    return out;
}

Subcommand describe_revoke() {
    Subcommand out{.name = std::string(kRevoke),
                   .usage = "--data DIR --token ID",
                   .about =
                       "Revokes an API token by its id, as the list of tokens has it. No server\n"
                       "may run on the folder.",
                   .positional = "",
                   .options = folder_options()};
    out.options.push_back({"token", "ID", "the token's id: TENANT-tok-HEX, 32 digits of it"});
    return out;
}

Result<projections::AccountItem> account_of(Offline& offline, const std::string& email) {
    const auto keys = offline.keys().tenant_keys(events::kPlatformTenant);
    if (!keys) return std::unexpected(keys.error());
    const auto held = offline.views().accounts.reservation(
        offline.store(), gateway::email_reservation(**keys, email));
    if (!held) return std::unexpected(held.error());
    if (!*held) return events::fail(Errc::kNotFound, "there is no account of that address");
    auto account = offline.views().accounts.find(offline.store(), (*held)->holder);
    if (!account) return std::unexpected(account.error());
    if (!*account) return events::fail(Errc::kNotFound, "there is no account of that address");
    return **std::move(account);
}

// Whether it was open before.
Result<bool> lock_account(Offline& offline, const std::string& email) {
    if (auto read = offline.read_views(); !read) return std::unexpected(read.error());
    const auto account = account_of(offline, email);
    if (!account) return std::unexpected(account.error());
    if (account->locked) return false;
    const auto done = offline.run<commands::Account>(
        events::kPlatformTenant, account->id, commands::LockAccount{});
    if (!done) return std::unexpected(done.error());
    return true;
}

int lock(const Arguments& arguments) {
    const auto paths = folder_paths(arguments);
    const auto email = arguments.required("email");
    if (!commands::is_email(email)) throw UsageError("--email is no e-mail address");
    auto offline = Offline::open(paths, Offline::Folder::kMustBeThere);
    if (!offline) return fail_with(kLock, offline.error().detail);
    const auto locked = lock_account(**offline, email);
    if (!locked) return fail_with(kLock, locked.error().detail);
    fmt::print("{}\n", *locked ? "locked" : "it was locked already");
    return kExitOk;
}

// Whether there was something to unlock.
Result<bool> unlock_member(Offline& offline,
                           const events::TenantId& tenant,
                           const events::Uuid& account) {
    auto& companies = offline.views().companies;
    const auto member = companies.member(offline.store(), tenant, account);
    if (!member) return std::unexpected(member.error());
    if (!*member || !(*member)->locked ||
        std::ranges::find((*member)->roles, parlour::company::v1::ROLE_ADMIN) ==
            (*member)->roles.end()) {
        return false;
    }
    const auto company =
        companies.profile(offline.store(), offline.keys(), tenant, gateway::wall_clock_ms());
    if (!company) return std::unexpected(company.error());
    if (!*company) return false;
    auto unlocked = offline.run<commands::Company>(
        tenant, (*company)->id, commands::UnlockMember{.account = account});
    if (!unlocked) return std::unexpected(unlocked.error());
    return true;
}

Result<int> unlock_all(Offline& offline, const std::string& email) {
    if (auto read = offline.read_views(); !read) return std::unexpected(read.error());
    const auto account = account_of(offline, email);
    if (!account) return std::unexpected(account.error());
    int unlocked = 0;
    if (account->locked) {
        auto done = offline.run<commands::Account>(
            events::kPlatformTenant, account->id, commands::UnlockAccount{});
        if (!done) return std::unexpected(done.error());
        ++unlocked;
    }
    for (const auto& tenant : account->companies) {
        const auto done = unlock_member(offline, tenant, account->id);
        if (!done) return std::unexpected(done.error());
        unlocked += *done ? 1 : 0;
    }
    return unlocked;
}

int unlock(const Arguments& arguments) {
    const auto paths = folder_paths(arguments);
    const auto email = arguments.required("email");
    if (!commands::is_email(email)) throw UsageError("--email is no e-mail address");
    auto offline = Offline::open(paths, Offline::Folder::kMustBeThere);
    if (!offline) return fail_with(kUnlock, offline.error().detail);
    const auto unlocked = unlock_all(**offline, email);
    if (!unlocked) return fail_with(kUnlock, unlocked.error().detail);
    fmt::print("{}\n", *unlocked > 0 ? "unlocked" : "nothing was locked");
    return kExitOk;
}

Status revoke_token(Offline& offline, const events::PublicId& token) {
    if (auto read = offline.read_views(); !read) return read;
    const auto company = offline.views().companies.profile(
        offline.store(), offline.keys(), token.tenant, gateway::wall_clock_ms());
    if (!company) return std::unexpected(company.error());
    if (!*company) return events::fail(Errc::kNotFound, "there is no such company");
    return offline.run<commands::Company>(
        token.tenant, (*company)->id, commands::RevokeApiToken{.token = token.uuid});
}

int revoke(const Arguments& arguments) {
    const auto paths = folder_paths(arguments);
    const auto token = events::parse_public_id(arguments.required("token"));
    if (!token || token->tag != "tok") {
        throw UsageError("--token is no id of a token; never give the token itself");
    }
    auto offline = Offline::open(paths, Offline::Folder::kMustBeThere);
    if (!offline) return fail_with(kRevoke, offline.error().detail);
    if (auto revoked = revoke_token(**offline, *token); !revoked) {
        return fail_with(kRevoke, revoked.error().detail);
    }
    fmt::print("revoked\n");
    return kExitOk;
}

}  // namespace

int run_admin(std::span<char* const> args) {
    const std::array actions{Action{.subcommand = describe_lock(), .body = lock},
                             Action{.subcommand = describe_unlock(), .body = unlock}};
    return run_action(actions, args);
}

int run_token(std::span<char* const> args) {
    return run_one_action(describe_revoke(), args, revoke);
}

}  // namespace ops

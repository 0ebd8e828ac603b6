#include "ops/tenant.hpp"

#include <fmt/format.h>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "commands/company.hpp"
#include "commands/invitation.hpp"
#include "commands/text.hpp"
#include "commands/writer.hpp"
#include "events/crypto.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/execute_now.hpp"
#include "gateway/mail_token.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Status;

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

// A folder with somebody who writes to it.
struct Writing {
    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<events::KeyRing> keys;
    boost::asio::thread_pool pool{1};
    std::unique_ptr<commands::Writer> writer;
    ~Writing() {
        writer.reset();
        pool.join();
    }
};

Status open(const gateway::DataPaths& paths, Writing& into) {
    const auto folder = gateway::open_or_make_data_folder(paths);
    if (!folder) return std::unexpected(folder.error());
    auto log = events::LocalLog::open(folder->paths.data / "log", {});
    if (!log && log.error().code == Errc::kInUse) {
        return events::fail(Errc::kInUse, "a server runs on this data folder: stop it first");
    }
    if (!log) return std::unexpected(log.error());
    into.log = *std::move(log);
    const auto tenants = into.log->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    auto keys =
        events::KeyRing::open(folder->paths.keys, folder->master, folder->id, tenants->empty());
    if (!keys) return std::unexpected(keys.error());
    into.keys = *std::move(keys);
    if (folder->master_made) {
        fmt::print(stderr,
                   "recovery key, shown once; without it and the master key nothing can be read:\n"
                   "{}\n",
                   events::recovery_text(folder->master));
    }
    const auto discarded = into.keys->discard_unused(
        [&into](const events::KeyId& key) { return into.log->is_bound(key); });
    if (!discarded) return std::unexpected(discarded.error());
    into.writer = std::make_unique<commands::Writer>(
        into.log->partitions(),
        commands::PartitionServices{
            .log = *into.log, .history = *into.log, .keys = *into.keys, .on_read_back = {}},
        into.pool.get_executor());
    return into.writer->claim_all();
}

template <commands::Decider A>
Status run(Writing& writing,
           const events::TenantId& tenant,
           const events::Uuid& stream,
           typename A::Command command,
           std::int64_t now_ms) {
    commands::CommandMeta meta;
    meta.tenant = tenant;
    meta.id = events::random_id<events::CommandId>();
    meta.actor_kind = parlour::log::v1::ACTOR_KIND_OPERATOR;
    meta.now_ms = now_ms;
    const auto answer = gateway::execute_now<A>(*writing.writer, stream, std::move(command), meta);
    if (answer) return {};
    const auto& refusal = answer.error();
    if (refusal.error) return std::unexpected(*refusal.error);
    return events::fail(Errc::kInvalidArgument,
                        refusal.rejection ? std::string(refusal.rejection->detail)
                                          : std::string("the company cannot be founded"));
}

Result<Founded> found(Writing& writing, const Wanted& wanted, std::int64_t now_ms) {
    Founded founded{.tenant = events::random_id<events::TenantId>(), .token = {}};
    const auto keys = writing.keys->tenant_keys(founded.tenant);
    if (!keys) return std::unexpected(keys.error());
    const auto invitation = events::random_id<events::Uuid>();
    const auto secret = gateway::mail_secret(**keys, events::random_id<events::Uuid>());
    auto status =
        run<commands::Company>(writing,
                               founded.tenant,
                               events::random_id<events::Uuid>(),
                               commands::CreateCompany{.name = events::Personal(wanted.name)},
                               now_ms);
    if (!status) return std::unexpected(status.error());
    status = run<commands::Invitation>(
        writing,
        founded.tenant,
        invitation,
        commands::SendInvitation{.name = events::Personal(wanted.admin),
                                 .email = events::Personal(wanted.admin),
                                 .roles = {parlour::company::v1::ROLE_ADMIN},
                                 .locale = wanted.locale,
                                 .token_sha256 = events::sha256({secret}),
                                 .valid_until_ms = now_ms + kLinkValidMs,
                                 .mail = std::nullopt,
                                 .expert = std::nullopt},
        now_ms);
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
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    Writing writing;
    if (auto opened = open(paths, writing); !opened) {
        return fail_with(kName, opened.error().detail);
    }
    const auto founded = found(writing, wanted, now_ms);
    if (!founded) return fail_with(kName, founded.error().detail);
    fmt::print(
        "company {}\n{}/#invitation={}\n", events::to_text(founded->tenant), url, founded->token);
    return kExitOk;
}

}  // namespace

int run_tenant(std::span<char* const> args) {
    if (args.empty() || std::string_view(args[0]) != "create") {
        fmt::print(stderr, "parlour tenant: the one thing it does is: parlour tenant create\n");
        return kExitUsage;
    }
    return run_subcommand(describe(), args.subspan(1), create);
}

}  // namespace ops

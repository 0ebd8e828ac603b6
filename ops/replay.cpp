#include "ops/replay.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "events/ids.hpp"
#include "gateway/app_clock.hpp"
#include "gateway/client.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"
#include "ops/replay_print.hpp"
#include "ops/replay_server.hpp"
#include "ops/replay_unseal.hpp"
#include "ops/replay_walk.hpp"
#include "schemas/envelope.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Status;

constexpr std::string_view kName = "replay";

Subcommand describe() {
    Subcommand out{
        .name = std::string(kName),
        .usage =
            "--data DIR --tenant TENANT [--stream ID] [--from SEQ] [--to SEQ] [--since TIME]\n"
            "                      [--until TIME] [--format text|json] [--unseal --reason TEXT]\n"
            "       parlour replay --server URL --token TOKEN [--stream ID] ...",
        .about =
            "Prints every event of a tenant in order, one line each: seq, time, stream, version,\n"
            "type, actor, fields. Each commit is checked against its commitment and the order for\n"
            "gaps; what does not fit is a line with VIOLATION, and the exit code is 3.\n"
            "Personal fields show as sealed. May run beside a server on the same folder.\n"
            "With --server, the history of the token's company from a running server, a cluster's\n"
            "too; the server tells which commits count.",
        .positional = "",
        .options = folder_options()};
    out.options.insert(
        out.options.end(),
        {{"server", "URL", "instead of --data: where a server runs"},
         {"token", "TOKEN", "with --server: an API token with the scope history:read"},
         {"tenant", "TENANT", "the company, 16 hex digits"},
         {"stream", "ID", "only this stream, by the id the API gave it"},
         {"from", "SEQ", "first seq, inclusive"},
         {"to", "SEQ", "last seq, inclusive"},
         {"since", "TIME", "from this time on, inclusive; 2026-11-22T01:28:00Z or 2026-11-22, UTC"},
         {"until", "TIME", "before this time, exclusive"},
         {"format", "text|json", "json: one object a line (default text)"},
         {"unseal", "", "show personal fields; needs the keys, and is recorded"},
         {"reason", "TEXT", "why, with --unseal; kept with the record, sealed"}});
    return out;
}

struct Request {
    gateway::DataPaths paths;
    std::optional<HistorySource> server;  // instead of the paths
    ReplayFilter filter;
    ReplayFormat format = ReplayFormat::kText;
    std::optional<std::string> unseal_reason;
};

std::optional<std::int64_t> time_of(const Arguments& arguments, const std::string& option) {
    const auto text = arguments.text(option);
    if (!text) return std::nullopt;
    const auto time = events::parse_time(*text);
    if (!time)
        throw UsageError(fmt::format("--{} takes a time such as 2026-11-22T01:28:00Z", option));
    return time;
}

events::StreamId stream_of(const std::string& text, const events::TenantId& tenant) {
    const auto id = events::parse_public_id(text);
    const auto kind =
        id ? schemas::kind_of_tag(id->tag) : parlour::log::v1::STREAM_KIND_UNSPECIFIED;
    if (kind == parlour::log::v1::STREAM_KIND_UNSPECIFIED) {
        throw UsageError("--stream takes the id of a stream, such as TENANT-cnv-HEX");
    }
    if (id->tenant != tenant) throw UsageError("--stream is not of that tenant");
    return {.kind = kind, .uuid = id->uuid};
}

// What is asked, and whose it is.
std::optional<events::TenantId> read_source(const Arguments& arguments, Request& out) {
    if (!arguments.has("server")) {
        if (arguments.has("token")) throw UsageError("--token goes with --server");
        out.paths = folder_paths(arguments);
        const auto tenant = events::parse_tenant(arguments.required("tenant"));
        if (!tenant) throw UsageError("--tenant takes 16 hex digits");
        return tenant;
    }
    for (const auto* const other : {"data", "keys", "master-key", "unseal"}) {
        if (arguments.has(other)) {
            throw UsageError(fmt::format("--{} does not go with --server", other));
        }
    }
    out.server =
        HistorySource{.url = arguments.required("server"), .token = arguments.required("token")};
    if (!gateway::parse_url(out.server->url)) throw UsageError("--server takes http://HOST:PORT");
    const auto tenant = tenant_of_token(out.server->token);
    if (!tenant) throw UsageError("--token takes an API token, which begins with its company");
    if (const auto named = arguments.text("tenant");
        named && events::parse_tenant(*named) != tenant) {
        throw UsageError("--token is another company's than --tenant");
    }
    return tenant;
}

Request read_request(const Arguments& arguments) {
    Request out;
    const auto tenant = read_source(arguments, out);
    out.filter.tenant = *tenant;
    if (const auto stream = arguments.text("stream")) {
        out.filter.stream = stream_of(*stream, *tenant);
    }
    out.filter.from.value = arguments.count("from").value_or(1);
    out.filter.to.value = arguments.count("to").value_or(UINT64_MAX);
    out.filter.since = time_of(arguments, "since");
    out.filter.until = time_of(arguments, "until");
    const std::string format = arguments.text("format").value_or("text");
    if (format != "text" && format != "json") throw UsageError("--format takes text or json");
    out.format = format == "json" ? ReplayFormat::kJson : ReplayFormat::kText;
    if (arguments.has("unseal")) {
        out.unseal_reason = arguments.required("reason");
        if (out.unseal_reason->find_first_not_of(" \t\r\n") == std::string::npos) {
            throw UsageError("--reason has an empty value");
        }
    } else if (arguments.has("reason")) {
        throw UsageError("--reason goes with --unseal");
    }
    return out;
}

Result<std::optional<Unsealer>> open_unsealer(const Request& request,
                                              const ReadOnlyFolder& folder) {
    if (!request.unseal_reason) return std::nullopt;
    auto unsealer = Unsealer::open(folder,
                                   {.tenant = request.filter.tenant,
                                    .stream = request.filter.stream,
                                    .from_seq = request.filter.from.value,
                                    .to_seq = request.filter.to.value,
                                    .reason = *request.unseal_reason},
                                   gateway::wall_clock_ms());
    if (!unsealer) return std::unexpected(std::move(unsealer.error()));
    return std::optional<Unsealer>(*std::move(unsealer));
}

ReplayWalk make_walk(const Request& request, ReplayPrinter& printer) {
    return {request.filter,
            {.commit = [&printer](const auto& opened,
                                  const auto& commit) { return printer.commit(opened, commit); },
             .violation = [&printer](const Violation& found) { printer.violation(found); }}};
}

// Of a walk that came to its end.
Status judge(const Request& request, const ReplayWalk& walk, const ReplayPrinter& printer) {
    if (request.filter.stream && !walk.met_stream() && printer.violations() == 0) {
        return events::fail(Errc::kNotFound, "no such stream in that range");
    }
    return {};
}

// Reads the tenant's partition from its start, because only the claims on the way tell what counts.
Status walk(const ReadOnlyFolder& folder,
            const Request& request,
            events::Seq head,
            ReplayPrinter& printer) {
    auto walk = make_walk(request, printer);
    const auto partition = events::partition_of(request.filter.tenant, folder.log().partitions());
    const auto scanned = folder.log().scan(
        partition, events::Offset{0}, [&walk](auto offset, const auto&, std::string_view frame) {
            return walk.take(offset, frame);
        });
    if (walk.failure()) return std::unexpected(*walk.failure());
    if (!scanned) {
        if (scanned.error().code != Errc::kDamaged) return scanned;
        printer.violation({.what = "the log is unreadable from here: " + scanned.error().detail});
        return {};
    }
    walk.finish(head);
    return judge(request, walk, printer);
}

Status walk_from(const HistorySource& server, const Request& request, ReplayPrinter& printer) {
    auto walk = make_walk(request, printer);
    const auto walked = walk_server(server, request.filter.from, walk);
    if (walk.failure()) return std::unexpected(*walk.failure());
    if (!walked) return walked;
    return judge(request, walk, printer);
}

// What cannot even be opened because its bytes are not what was written is a violation, too.
int fail_to_open(const Request& request, const events::Error& error) {
    if (error.code != Errc::kDamaged) return fail_with(kName, error.detail);
    ReplayPrinter printer(stdout, request.format, request.filter.tenant, nullptr);
    printer.violation({.what = error.detail});
    static_cast<void>(printer.flush());
    fail_with(kName, "1 violation found");
    return kExitViolation;
}

// The exit code of a replay that was printed.
int told(const Status& walked, ReplayPrinter& printer) {
    const Status flushed = printer.flush();
    if (printer.violations() > 0) {
        fail_with(kName,
                  fmt::format("{} violation{} found",
                              printer.violations(),
                              printer.violations() == 1 ? "" : "s"));
        return kExitViolation;
    }
    if (!walked) return fail_with(kName, walked.error().detail);
    if (!flushed) return fail_with(kName, flushed.error().detail);
    return kExitOk;
}

int replay_server(const HistorySource& server, const Request& request) {
    ReplayPrinter printer(stdout, request.format, request.filter.tenant, nullptr);
    const auto walked = walk_from(server, request, printer);
    return told(walked, printer);
}

int replay(const Arguments& arguments) {
    const Request request = read_request(arguments);
    if (request.server) return replay_server(*request.server, request);
    const auto folder = ReadOnlyFolder::open(request.paths);
    if (!folder) return fail_to_open(request, folder.error());
    const auto head = folder->log().head(request.filter.tenant);
    if (!head) return fail_to_open(request, head.error());
    if (head->value == 0) {
        return fail_with(kName,
                         fmt::format("no tenant {} in {}",
                                     events::to_text(request.filter.tenant),
                                     request.paths.data.string()));
    }
    auto unsealer = open_unsealer(request, *folder);
    if (!unsealer) return fail_with(kName, unsealer.error().detail);

    Unsealer* const open = unsealer->has_value() ? &**unsealer : nullptr;
    ReplayPrinter printer(stdout, request.format, request.filter.tenant, open);
    const Status walked = walk(*folder, request, *head, printer);
    return told(walked, printer);
}

}  // namespace

int run_replay(std::span<char* const> args) {
    return run_subcommand(describe(), args, replay);
}

}  // namespace ops

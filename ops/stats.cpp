#include "ops/stats.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "events/commit.hpp"
#include "events/fence.hpp"
#include "events/record.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Status;

constexpr std::string_view kName = "stats";

Subcommand describe() {
    Subcommand out{.name = std::string(kName),
                   .usage = "--data DIR [--format text|json]",
                   .about =
                       "Prints how many tenants, streams, commits and events a data folder holds,\n"
                       "its bytes by store, and how far each view has read. Commits that do not\n"
                       "count, because a later claim made them void, are left out, and so are the\n"
                       "accounts, which belong to no tenant. May run beside a server on the same\n"
                       "folder.",
                   .positional = "",
                   .options = folder_options()};
    out.options.push_back({"format", "text|json", "json: one object (default text)"});
    return out;
}

struct Counts {
    std::set<events::TenantId> tenants;
    std::uint64_t streams = 0;
    std::uint64_t commits = 0;
    std::uint64_t events = 0;
};

struct Stats {
    Counts counts;
    std::uint64_t log_bytes = 0;
    std::uint64_t view_bytes = 0;
    std::uint64_t key_bytes = 0;
    std::vector<events::StoreSize> stores;
    std::vector<projections::Store::NamedPosition> views;
};

Status count_partition(events::LocalLog& log, events::Partition partition, Counts& counts) {
    events::Fence fence;
    events::Record record;
    events::OpenedHeader opened;
    Status failed;
    const auto visit = [&](events::Offset, const auto&, std::string_view frame) {
        failed = events::decode_record(frame, record);
        if (!failed) return false;
        if (fence.apply(record) != events::Verdict::kCounts || !record.has_commit()) return true;
        failed = events::read_header(record.commit(), opened);
        if (!failed) return false;
        if (opened.meta.tenant == events::kPlatformTenant) return true;
        counts.tenants.insert(opened.meta.tenant);
        counts.streams += opened.meta.first_version.value == 1 ? 1U : 0U;
        ++counts.commits;
        counts.events += static_cast<std::uint64_t>(opened.header.events_size());
        return true;
    };
    if (auto scanned = log.scan(partition, events::Offset{0}, visit); !scanned) return scanned;
    return failed;
}

Result<Stats> gather(const gateway::DataPaths& paths) {
    const auto folder = ReadOnlyFolder::open(paths);
    if (!folder) return std::unexpected(folder.error());
    Stats out;
    for (std::uint16_t i = 0; i < folder->log().partitions(); ++i) {
        if (auto counted = count_partition(folder->log(), events::Partition{i}, out.counts);
            !counted) {
            return std::unexpected(std::move(counted.error()));
        }
    }
    out.stores = folder->log().sizes();
    out.log_bytes = bytes_under(paths.data / "log");
    out.view_bytes = bytes_under(paths.data / "views");
    out.key_bytes = bytes_under(paths.keys);
    const auto views = folder->open_views();
    if (!views && views.error().code == Errc::kNotFound) return out;
    if (!views) return std::unexpected(views.error());
    auto positions = (*views)->positions();
    if (!positions) return std::unexpected(std::move(positions.error()));
    out.views = *std::move(positions);
    return out;
}

std::string as_json(const Stats& stats) {
    std::string out = fmt::format(R"({{"tenants":{},"streams":{},"commits":{},"events":{},)"
                                  R"("bytes":{{"log":{},"views":{},"keys":{}}},"stores":[)",
                                  stats.counts.tenants.size(),
                                  stats.counts.streams,
                                  stats.counts.commits,
                                  stats.counts.events,
                                  stats.log_bytes,
                                  stats.view_bytes,
                                  stats.key_bytes);
    std::string_view comma;
    for (const auto& store : stats.stores) {
        fmt::format_to(std::back_inserter(out),
                       R"({}{{"store":"{}","keys":{},"bytes":{}}})",
                       std::exchange(comma, ","),
                       store.name,
                       store.keys,
                       store.bytes);
    }
    out += R"(],"views":[)";
    comma = {};
    for (const auto& view : stats.views) {
        fmt::format_to(std::back_inserter(out),
                       R"({}{{"view":"{}","partition":{},"next_offset":{}}})",
                       std::exchange(comma, ","),
                       view.view,
                       view.partition.value,
                       view.next_offset);
    }
    return out + "]}\n";
}

std::string as_text(const Stats& stats) {
    std::string out;
    const auto row = [&out](
                         std::string_view name, std::uint64_t value, std::string_view unit = "") {
        fmt::format_to(std::back_inserter(out), "{:<40} {:>16}{}\n", name, value, unit);
    };
    row("tenants", stats.counts.tenants.size());
    row("streams", stats.counts.streams);
    row("commits", stats.counts.commits);
    row("events", stats.counts.events);
    row("log", stats.log_bytes, " bytes");
    for (const auto& store : stats.stores) row("  " + store.name, store.bytes, " bytes");
    row("views", stats.view_bytes, " bytes");
    row("keys", stats.key_bytes, " bytes");
    // Per view, all partitions together; the JSON form has each.
    std::map<std::string, std::uint64_t> read_by_view;
    for (const auto& view : stats.views) read_by_view[view.view] += view.next_offset;
    for (const auto& [view, read] : read_by_view) row("view " + view, read, " records read");
    return out;
}

int stats_of(const Arguments& arguments) {
    const gateway::DataPaths paths = folder_paths(arguments);
    const std::string format = arguments.text("format").value_or("text");
    if (format != "text" && format != "json") throw UsageError("--format takes text or json");
    const auto stats = gather(paths);
    if (!stats) return fail_with(kName, stats.error().detail);
    const std::string out = format == "json" ? as_json(*stats) : as_text(*stats);
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
        return fail_with(kName, "the output cannot be written");
    }
    return kExitOk;
}

}  // namespace

int run_stats(std::span<char* const> args) {
    return run_subcommand(describe(), args, stats_of);
}

}  // namespace ops

#include "ops/rebuild.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/crypto.hpp"
#include "events/local_log.hpp"
#include "ops/cli.hpp"
#include "ops/folder.hpp"
#include "projections/rebuild.hpp"
#include "projections/runner.hpp"
#include "projections/views.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Status;
using projections::Projection;
using projections::Rebuild;

constexpr std::string_view kName = "rebuild";

Subcommand describe() {
    Subcommand out{.name = std::string(kName),
                   .usage = "--data DIR [--view VIEW] [--check]",
                   .about =
                       "Makes the views of a data folder anew from its log, one after the other,\n"
                       "and says of each whether its rows are the same as before. No server may\n"
                       "run on the folder; one that runs does the same on SIGUSR1.",
                   .positional = "",
                   .options = folder_options()};
    out.options.push_back({"view", "VIEW", "this one only (default every view)"});
    out.options.push_back({"check", "", "exit with 3 when a view's rows were other ones"});
    return out;
}

// Every row of the view, in a few bytes.
struct Fingerprint {
    std::uint64_t rows = 0;
    events::Digest digest{};
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Result<Fingerprint> fingerprint(projections::Store& store, const Projection& view) {
    Fingerprint all;
    const auto scanned =
        store.scan(view, {}, {}, [&all](std::string_view key, std::string_view value) {
            const std::string before(all.digest.begin(), all.digest.end());
            const auto size = fmt::format("{}:{}:", key.size(), value.size());
            all.digest = events::sha256({before, size, key, value});
            ++all.rows;
            return true;
        });
    if (!scanned) return std::unexpected(scanned.error());
    return all;
}

// How far it is, on one line that is written again and again, where somebody looks on.
class ProgressLine {
  public:
    explicit ProgressLine(std::string_view view) : view_(view) {}
    ~ProgressLine() {
        if (shown_) fmt::print(stderr, "\r\x1b[K");
    }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Rebuild::Progress& progress) {
        if (isatty(STDERR_FILENO) == 0) return;
        fmt::print(stderr, "\r\x1b[K{}: {} of {} records", view_, progress.read, progress.end);
        std::fflush(stderr);
        shown_ = true;
    }

  private:
    std::string_view view_;
    bool shown_ = false;
};

struct Opened {
    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<projections::Store> store;
};

Result<Opened> open(const gateway::DataPaths& paths) {
    const auto folder = gateway::open_data_folder(paths, false);
    if (!folder) return std::unexpected(folder.error());
    Opened opened;
    auto log = events::LocalLog::open(paths.data / "log", {});
    if (!log && log.error().code == Errc::kInUse) {
        return events::fail(Errc::kInUse,
                            "a server runs on this data folder: stop it, or send it SIGUSR1 to "
                            "have it rebuild its views while it serves");
    }
    if (!log) return std::unexpected(log.error());
    opened.log = *std::move(log);
    auto store = projections::Store::open(paths.data / "views");
    if (!store) return std::unexpected(store.error());
    opened.store = *std::move(store);
    return opened;
}

// True when the rows are the same as before, once those had been brought to the end of the log.
Result<bool> rebuild(const Opened& opened, Projection& followed, Projection& fresh) {
    const auto begun = std::chrono::steady_clock::now();
    const auto partitions = opened.log->partitions();
    projections::Runner runner(*opened.log, partitions, *opened.store, {&followed});
    const bool readable = runner.catch_up().has_value();
    const auto before = fingerprint(*opened.store, followed);
    const auto rebuild = Rebuild::begin(*opened.log, partitions, *opened.store, fresh);
    if (!rebuild) return std::unexpected(rebuild.error());
    ProgressLine line(fresh.name());
    std::uint64_t records = 0;
    const auto done = (*rebuild)->run(
        {.go_on =
             [&](const Rebuild::Progress& progress) {
                 records = progress.read;
                 line.show(progress);
                 return true;
             },
         .exchange = [](const std::function<Status()>& finish) { return finish(); }});
    if (!done) return std::unexpected(done.error());
    const auto after = fingerprint(*opened.store, fresh);
    if (!after) return std::unexpected(after.error());
    const bool same = readable && before && *before == *after;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{}: {} rows from {} records in {:.1f} s, {}\n",
               fresh.name(),
               after->rows,
               records,
               took.count(),
               same ? "the same as before" : "other ones than before");
    std::fflush(stdout);
    return same;
}

int rebuild_of(const Arguments& arguments) {
    const auto paths = folder_paths(arguments);
    const auto wanted = arguments.text("view");
    projections::Views followed;
    projections::Views fresh;
    const auto old_ones = followed.all();
    const auto new_ones = fresh.all();
    std::vector<std::size_t> chosen;
    std::string names;
    for (std::size_t i = 0; i < new_ones.size(); ++i) {
        names.append(names.empty() ? "" : ", ").append(new_ones[i]->name());
        if (!wanted || *wanted == new_ones[i]->name()) chosen.push_back(i);
    }
    if (chosen.empty()) throw UsageError("there is no such view; there are " + names);
    const auto opened = open(paths);
    if (!opened) return fail_with(kName, opened.error().detail);
    bool all_same = true;
    for (const auto i : chosen) {
        const auto same = rebuild(*opened, *old_ones[i], *new_ones[i]);
        if (!same) return fail_with(kName, same.error().detail);
        all_same = all_same && *same;
    }
    return all_same || !arguments.has("check") ? kExitOk : kExitViolation;
}

}  // namespace

int run_rebuild(std::span<char* const> args) {
    return run_subcommand(describe(), args, rebuild_of);
}

}  // namespace ops

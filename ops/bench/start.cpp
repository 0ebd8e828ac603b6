#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/app.hpp"
#include "gateway/data_folder.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/chat.hpp"
#include "ops/bench/chat_log.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/world.hpp"

// Jobs that open a large data folder as `serve` does. The folder is made by a process of its
// own, so that the memory of this one is that of a start and nothing else.
namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kCleanTargetSeconds = 1;
constexpr double kKilledTargetSeconds = 3;
constexpr std::size_t kRecords = 200'000;
constexpr std::size_t kCleanStarts = 3;
// Commands that the program took last before it was killed.
constexpr std::size_t kCommandsAtTheEndMax = 50'000;
constexpr std::size_t kClients = 64;
constexpr std::size_t kScaleTenants = 2'000;
constexpr std::size_t kScaleCommits = 100;
constexpr double kMemoryBoundMiB = 512;
constexpr double kMiB = 1024.0 * 1024.0;

std::size_t commands_at_the_end(const ChatLogOptions& filling) {
    return std::min(kCommandsAtTheEndMax, filling.records);
}

gateway::DataFolder folder_at(const gateway::DataPaths& paths) {
    const auto folder = gateway::open_or_make_data_folder(paths);
    if (!folder) throw std::runtime_error(folder.error().detail);
    return *folder;
}

gateway::DataPaths paths_in(const Scratch& scratch) {
    const auto paths =
        gateway::resolve_paths({.data = scratch.path() / "data", .keys = {}, .master_key = {}});
    if (!paths) throw std::runtime_error(paths.error().detail);
    return *paths;
}

void fill(const gateway::DataPaths& paths, const ChatLogOptions& filling) {
    const auto folder = folder_at(paths);
    auto log = events::LocalLog::open(paths.data / "log", {.secondary_dir = {}});
    if (!log) throw std::runtime_error(log.error().detail);
    auto keys = events::KeyRing::open(paths.keys, folder.master, folder.id, true);
    if (!keys) throw std::runtime_error(keys.error().detail);
    if (auto filled = fill_log(**log, **keys, filling); !filled) {
        throw std::runtime_error(filled.error().detail);
    }
}

// Fills the folder, brings the views to its end, takes some commands with each, and ends, or is
// killed in the middle of the next one.
void live(const gateway::DataPaths& paths, const ChatLogOptions& filling, bool kill_at_end) {
    fill(paths, filling);
    const auto folder = folder_at(paths);
    World world({.log = paths.data / "log",
                 .keys = paths.keys,
                 .views = paths.data / "views",
                 .master = folder.master,
                 .id = folder.id},
                {.views = true});
    if (!kill_at_end) return world.wait_for_views();
    const auto commands = commands_at_the_end(filling);
    const auto at_once = std::min<std::size_t>(kClients, commands);
    constexpr std::chrono::hours kLongest{1};
    ChatClients clients(world.writer(), at_once);
    const auto run = clients.run(kLongest, commands);
    if (!run) throw std::runtime_error(run.error().detail);
    raise(SIGKILL);
}

// Runs live() in a process of its own. Must come before anything that starts threads.
void live_elsewhere(const gateway::DataPaths& paths,
                    const ChatLogOptions& filling,
                    bool kill_at_end) {
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process can be made");
    if (child == 0) {
        try {
            live(paths, filling, kill_at_end);
            _exit(0);
        } catch (const std::exception& error) {
            _exit(give_up("start", error.what()));
        }
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) throw std::runtime_error("the process was lost");
    const bool as_planned = kill_at_end ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
                                        : WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!as_planned) throw std::runtime_error("the folder could not be filled");
}

double seconds_since(Clock::time_point started) {
    return std::chrono::duration<double>(Clock::now() - started).count();
}

struct Start {
    double seconds = 0;
    double resident_mib = 0;
};

double resident_mib() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t ignored = 0;
    std::uint64_t pages = 0;
    statm >> ignored >> pages;
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / kMiB;
}

// Opens as `serve` does, until it could answer, and ends cleanly.
Start start(const gateway::DataPaths& paths) {
    const auto started = Clock::now();
    const auto app = gateway::App::open(folder_at(paths), {.on_failure = {}});
    if (!app) throw std::runtime_error(app.error().detail);
    return {.seconds = seconds_since(started), .resident_mib = resident_mib()};
}

double bare_start(const gateway::DataPaths& paths) {
    const auto started = Clock::now();
    for (const auto& dir : {paths.data / "log", paths.keys, paths.data / "views"}) {
        if (auto opened = open_bare(dir); !opened) {
            throw std::runtime_error(opened.error().detail);
        }
    }
    return seconds_since(started);
}

ChatLogOptions filling_of(const BenchOptions& options) {
    return {.records = options.records == 0 ? kRecords : options.records,
            .tenants = options.tenants,
            .stream_commits = options.stream_commits};
}

}  // namespace

int bench_start(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto paths = paths_in(scratch);
        const auto filling = filling_of(options);
        live_elsewhere(paths, filling, /*kill_at_end=*/true);
        const auto killed = start(paths);
        std::vector<double> clean;
        std::vector<double> bare;
        double resident = 0;
        for (std::size_t i = 0; i < kCleanStarts; ++i) {
            const auto again = start(paths);
            clean.push_back(again.seconds);
            resident = again.resident_mib;
            bare.push_back(bare_start(paths));
        }
        Report("start")
            .number("figure", median(clean))
            .text("unit", "s")
            .number("floor", median(bare))
            .number("ratio", median(bare) / median(clean))
            .number("target_seconds", kCleanTargetSeconds, 1)
            .number("killed_seconds", killed.seconds)
            .number("killed_target_seconds", kKilledTargetSeconds, 1)
            .number("resident_mib", resident, 0)
            .count("records", filling.records)
            .count("tenants", filling.tenants)
            .count("commands_before_the_kill", commands_at_the_end(filling))
            .text("floor_is", "bare RocksDB opening the same three folders after a clean stop")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("start", error.what());
    }
}

int bench_memory(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto paths = paths_in(scratch);
        const auto filling = filling_of(options);
        live_elsewhere(paths, filling, /*kill_at_end=*/false);
        const auto folder = folder_at(paths);
        World world({.log = paths.data / "log",
                     .keys = paths.keys,
                     .views = paths.data / "views",
                     .master = folder.master,
                     .id = folder.id},
                    {.views = true});
        ChatClients clients(world.writer(), options.clients);
        const auto run = clients.run(std::chrono::duration<double>(options.seconds));
        if (!run) throw std::runtime_error(run.error().detail);
        world.wait_for_views();
        const double resident = resident_mib();
        Report("memory")
            .number("figure", resident, 0)
            .text("unit", "MiB resident")
            .number("floor", kMemoryBoundMiB, 0)
            .number("ratio", kMemoryBoundMiB / resident)
            .number("target", 1.0, 2)
            .count("conversations", filling.records / filling.stream_commits)
            .count("records", filling.records)
            .count("active", options.clients)
            .count("commits_meanwhile", run->commits)
            .text("floor_is", "the bound: as many conversations as there are, few of them active")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("memory", error.what());
    }
}

int bench_scale(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const auto paths = paths_in(scratch);
        ChatLogOptions filling{.records = options.records,
                               .tenants = options.tenants == 1 ? kScaleTenants : options.tenants,
                               .stream_commits = options.stream_commits};
        if (filling.records == 0) filling.records = filling.tenants * kScaleCommits;
        live_elsewhere(paths, filling, /*kill_at_end=*/false);
        const double before_mib = resident_mib();
        const auto opened = start(paths);
        const double bare = bare_start(paths);
        const auto records = static_cast<double>(filling.records);
        const auto each = [records](const std::filesystem::path& dir) {
            return static_cast<double>(folder_bytes(dir)) / records;
        };
        Report("scale")
            .number("figure", opened.seconds)
            .text("unit", "s to start")
            .number("floor", bare)
            .number("ratio", bare / opened.seconds)
            .count("tenants", filling.tenants)
            .count("records", filling.records)
            .count("streams", filling.records / filling.stream_commits)
            .number("log_bytes_each", each(paths.data / "log"), 1)
            .number("key_bytes_each", each(paths.keys), 1)
            .number("view_bytes_each", each(paths.data / "views"), 1)
            .number("resident_mib", opened.resident_mib, 0)
            .number("resident_before_mib", before_mib, 0)
            .text("floor_is", "bare RocksDB opening the same three folders")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("scale", error.what());
    }
}

}  // namespace bench

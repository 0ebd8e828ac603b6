#include "ops/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "ops/bench/bench.hpp"
#include "ops/cli.hpp"
#include "ops/kafka_options.hpp"

namespace ops {
namespace {

struct Job {
    std::string_view name;
    int (*run)(const bench::BenchOptions& options);
    bool on_kafka = false;
};
constexpr std::array kJobs = {Job{"append", bench::bench_append, true},
                              Job{"writer", bench::bench_writer},
                              Job{"views", bench::bench_views},
                              Job{"command", bench::bench_command, true},
                              Job{"query", bench::bench_query},
                              Job{"fanout", bench::bench_fanout},
                              Job{"idle", bench::bench_idle},
                              Job{"replay", bench::bench_replay},
                              Job{"rebuild", bench::bench_rebuild},
                              Job{"start", bench::bench_start},
                              Job{"memory", bench::bench_memory},
                              Job{"scale", bench::bench_scale},
                              Job{"size", bench::bench_size}};

std::string job_names(std::string_view between) {
    std::string names;
    for (const auto& job : kJobs) {
        if (!names.empty()) names += between;
        names += job.name;
    }
    return names;
}

Subcommand bench_subcommand() {
    return {
        .name = "bench",
        .usage = job_names("|") + " [--OPTION N ...]",
        .about =
            "Measures a job and, in the same run, its floor: the same work done by the bare\n"
            "library. Prints one JSON line. Method and figures: ops/bench/README.md.",
        .positional = "JOB",
        .options = {{"seconds", "N", "how long to measure, 1 to 600; default 10"},
                    {"clients", "N", "requests in flight, 1 to 1024; default 64"},
                    {"tenants", "N", "that clients or records belong to; default 1, scale 2000"},
                    {"records", "N", "commits of a log that is filled; default 200000"},
                    {"stream-commits", "N", "commits of each conversation in it; default 15"},
                    {"sockets", "N", "live ones, 1 to 15000; default fanout 1000, idle 10000"},
                    {"tls", "", "command and query: the same over HTTPS too, beside plain HTTP"},
                    {"log",
                     "URL",
                     "kafka://HOST:PORT,...: append and command on these brokers; command makes\n"
                     "a demo company there, so give it a cluster that has no other data"},
                    {"config", "FILE", "with --log: a configuration file; its [kafka] logs in"},
                    {"partitions",
                     "N",
                     "append with --log: written at once, each by --clients; 1 to 64, default 1"},
                    {"flush-delay-us",
                     "N",
                     "simulate a disk whose flush takes that much longer, at most 1000000"}}};
}

bench::BenchOptions options_of(const Arguments& arguments) {
    bench::BenchOptions options;
    if (const auto seconds = arguments.count("seconds", {.min = 1, .max = 600})) {
        options.seconds = static_cast<double>(*seconds);
    }
    if (const auto clients = arguments.count("clients", {.min = 1, .max = 1024})) {
        options.clients = static_cast<unsigned>(*clients);
    }
    if (const auto tenants = arguments.count("tenants", {.min = 1, .max = 1'000'000})) {
        options.tenants = *tenants;
    }
    if (const auto records = arguments.count("records", {.min = 1, .max = 100'000'000})) {
        options.records = *records;
    }
    if (const auto commits = arguments.count("stream-commits", {.min = 1, .max = 1'000'000})) {
        options.stream_commits = *commits;
    }
    if (const auto sockets = arguments.count("sockets", {.min = 1, .max = 15'000})) {
        options.sockets = *sockets;
    }
    options.tls = arguments.has("tls");
    if (const auto delay = arguments.count("flush-delay-us", {.min = 0, .max = 1'000'000})) {
        options.flush_delay_us = static_cast<unsigned>(*delay);
    }
    if (arguments.has("log")) options.kafka = kafka_connection(arguments);
    if (const auto partitions = arguments.count("partitions", {.min = 1, .max = 64})) {
        if (!options.kafka) throw UsageError("--partitions goes with --log");
        options.partitions = *partitions;
    }
    return options;
}

}  // namespace

int run_bench(std::span<char* const> args) {
    return run_subcommand(bench_subcommand(), args, [](const Arguments& arguments) {
        const auto options = options_of(arguments);
        const auto& jobs = arguments.positional();
        if (jobs.size() != 1) throw UsageError("give one job: " + job_names(", "));
        const auto* const job = std::ranges::find(kJobs, jobs[0], &Job::name);
        if (job == kJobs.end()) {
            throw UsageError(
                fmt::format("there is no job '{}'; use one of {}", jobs[0], job_names(", ")));
        }
        if (options.kafka && !job->on_kafka) {
            throw UsageError(fmt::format("{} has nothing to do with --log", job->name));
        }
        return job->run(options);
    });
}

}  // namespace ops

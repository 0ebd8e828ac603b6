#include "ops/bench.hpp"

#include <fmt/format.h>

#include "ops/bench/bench.hpp"
#include "ops/cli.hpp"

namespace ops {
namespace {

Subcommand bench_subcommand() {
    return {.name = "bench",
            .usage = "append|command|replay [--seconds N] [--clients N] [--flush-delay-us N]",
            .about =
                "Measures a job and, in the same run, its floor: the same work done by the bare\n"
                "library. Prints one JSON line. Method and figures: ops/bench/README.md.",
            .positional = "JOB",
            .options = {{"seconds", "N", "how long to measure, 1 to 600; default 10"},
                        {"clients", "N", "requests in flight, 1 to 1024; default 64"},
                        {"flush-delay-us",
                         "N",
                         "simulate a disk whose flush takes that much longer, at most 1000000"}}};
}

}  // namespace

int run_bench(std::span<char* const> args) {
    return run_subcommand(bench_subcommand(), args, [](const Arguments& arguments) {
        bench::BenchOptions options;
        if (const auto seconds = arguments.count("seconds", {.min = 1, .max = 600})) {
            options.seconds = static_cast<double>(*seconds);
        }
        if (const auto clients = arguments.count("clients", {.min = 1, .max = 1024})) {
            options.clients = static_cast<unsigned>(*clients);
        }
        if (const auto delay = arguments.count("flush-delay-us", {.min = 0, .max = 1'000'000})) {
            options.flush_delay_us = static_cast<unsigned>(*delay);
        }
        const auto& jobs = arguments.positional();
        if (jobs.size() != 1) throw UsageError("give one job: append, command or replay");
        if (jobs[0] == "append") return bench::bench_append(options);
        if (jobs[0] == "command") return bench::bench_command(options);
        if (jobs[0] == "replay") return bench::bench_replay(options);
        throw UsageError(
            fmt::format("there is no job '{}'; use append, command or replay", jobs[0]));
    });
}

}  // namespace ops

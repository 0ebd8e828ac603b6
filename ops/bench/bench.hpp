#pragma once

#include <cstdint>

// The benchmarks behind `parlour bench JOB`. Each measures its figure and its floor (the same work
// done by the bare library) in turns in one run, because the machine is noisy, prints exactly one
// JSON line on standard output and gives an exit code. Start-up is left out of every figure.
namespace bench {

struct BenchOptions {
    double seconds = 10;    // of measuring, floor and figure together
    unsigned clients = 64;  // requests in flight
    unsigned flush_delay_us =
        0;  // a disk whose flush takes this long is simulated; 0: the real one
};

// The log port alone: ready records appended with their indexes and read back under the fence.
int bench_append(const BenchOptions& options);
// Commands over HTTP to acknowledged.
int bench_command(const BenchOptions& options);
// Reading the log from its start: decoding, fence and header; then the same with unsealing.
int bench_replay(const BenchOptions& options);

}  // namespace bench

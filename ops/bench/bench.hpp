#pragma once

#include <cstddef>
#include <cstdint>

// The benchmarks behind `parlour bench JOB`. Each measures its figure and its floor (the same work
// done by the bare library) in turns in one run, because the machine is noisy, prints exactly one
// JSON line on standard output and gives an exit code. Start-up is left out of every figure.
namespace bench {

struct BenchOptions {
    double seconds = 10;    // of measuring, floor and figure together
    unsigned clients = 64;  // requests in flight
    // A disk whose flush takes that much longer is simulated; 0: the real one.
    unsigned flush_delay_us = 0;
    std::size_t tenants = 1;
};

// The log port alone: ready records appended with their indexes and read back under the fence.
int bench_append(const BenchOptions& options);
// The writer without HTTP and views: decided, sealed, appended, read back, evolved.
int bench_writer(const BenchOptions& options);
// Commands over HTTP to acknowledged.
int bench_command(const BenchOptions& options);
// Reading the log from its start: decoding, fence and header; then the same with unsealing.
int bench_replay(const BenchOptions& options);

}  // namespace bench

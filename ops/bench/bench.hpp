#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "events/kafka_client.hpp"

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
    std::size_t records = 0;  // of a log that is filled; 0: as many as the job has by itself
    std::size_t stream_commits = 15;  // of each conversation in it
    std::size_t sockets = 0;          // live ones; 0: as many as the job has by itself
    bool tls = false;                 // also over HTTPS
    // append and command: on these brokers, not on this machine's disk.
    std::optional<events::KafkaConnection> kafka;
    std::size_t partitions = 1;  // append on Kafka: written at once, each with `clients` in flight
};

// The log port alone: ready records appended with their indexes and read back under the fence.
int bench_append(const BenchOptions& options);
int bench_append_kafka(const BenchOptions& options);
// The writer without HTTP and views: decided, sealed, appended, read back, evolved.
int bench_writer(const BenchOptions& options);
// The writer and every view.
int bench_views(const BenchOptions& options);
// One view from zero, by reading the whole log.
int bench_rebuild(const BenchOptions& options);
// Commands over HTTP to acknowledged.
int bench_command(const BenchOptions& options);
int bench_command_kafka(const BenchOptions& options);
// A page of 50 messages over HTTP.
int bench_query(const BenchOptions& options);
// A message to all who follow its conversation, over TLS.
int bench_fanout(const BenchOptions& options);
// What live sockets cost a server that has nothing to tell them.
int bench_idle(const BenchOptions& options);
// Reading the log from its start: decoding, fence and header; then the same with unsealing.
int bench_replay(const BenchOptions& options);

// Opening a large data folder as `serve` does, after a clean stop and after a kill.
int bench_start(const BenchOptions& options);
// Memory with many conversations, a few of them active.
int bench_memory(const BenchOptions& options);
// The same as start for many tenants: time, memory, bytes.
int bench_scale(const BenchOptions& options);
// Bytes on disk an event.
int bench_size(const BenchOptions& options);

}  // namespace bench

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ops/bench/report.hpp"

// The load under which a server and its floor are measured: keep-alive connections on one thread,
// each sending its next request when the answer to the last one has come.
namespace bench {

struct LoadOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    bool tls = false;  // whatever certificate the server has
    std::size_t connections = 64;
    std::chrono::milliseconds warm_up{500};  // left out of the result
    std::chrono::milliseconds duration{5'000};
};

// Appends the bytes of the next request of one connection (its number, from 0) to `out`: request
// line, headers, body.
using NextRequest = std::function<void(std::size_t connection, std::string& out)>;

struct LoadResult {
    std::uint64_t requests = 0;  // answered with 2xx
    std::uint64_t errors = 0;    // other answers, and connections that broke
    double seconds = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    [[nodiscard]] double per_second() const {
        return seconds > 0 ? static_cast<double>(requests) / seconds : 0;
    }
};

// Blocks for warm_up + duration. A connection that breaks stays broken and counts as one error.
// Throws std::exception when no connection can be opened.
LoadResult run_load(const LoadOptions& options, const NextRequest& next);

// The same, and the processor time of one request, the load's own included: that of the warm-up
// counts as its requests do.
struct MeasuredLoad {
    LoadResult load;
    double cpu_us = 0;
};
MeasuredLoad measure_load(const LoadOptions& options, const NextRequest& next);

// What the one took against the other.
Round round_of(const MeasuredLoad& figure, const MeasuredLoad& floor);

// The bytes of one GET, for `NextRequest`s. `extra` holds whole header lines, each with its CRLF.
void append_get(std::string& out, std::string_view target, std::string_view extra);

// The bytes of one POST with a JSON body, for `NextRequest`s. `extra` holds whole header lines,
// each with its CRLF.
void append_post(std::string& out,
                 std::string_view target,
                 std::string_view extra,
                 std::string_view body);

}  // namespace bench

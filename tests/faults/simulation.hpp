#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "events/key_ring.hpp"
#include "tests/faults/simulated_log.hpp"

// Two nodes that both want one partition, a log between them that delays, loses and fails, and
// clients that repeat their commands with the same ids at either node: all on one thread, every
// choice from one seed. Afterwards the promises are checked against the log itself.
namespace faults {

struct SimulationOptions {
    std::uint64_t seed = 0;
    Defect defect = Defect::kNone;
    bool views = true;  // with both nodes' views, compared with a rebuild
};

struct SimulationResult {
    std::optional<std::string> violation;
    std::size_t acknowledged = 0;
    std::size_t void_records = 0;
    std::size_t claims = 0;
    std::size_t repeats = 0;  // acknowledged again
    std::size_t stale = 0;    // refused, for they expected another version
    std::uint64_t trace = 0;  // a digest of everything that happened, in order
};

// The ring is borrowed and may serve many runs: each has a tenant of its own.
SimulationResult simulate(events::KeyRing& keys, const SimulationOptions& options);

}  // namespace faults

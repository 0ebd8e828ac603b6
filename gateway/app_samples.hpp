#pragma once

#include "commands/writer.hpp"
#include "events/free_space.hpp"
#include "gateway/background.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/metrics.hpp"
#include "projections/runner.hpp"

// What of an App's parts is asked for only when the metrics are read: queues, lags, free space.
namespace gateway {

struct SampledParts {
    const commands::Writer& writer;
    const projections::Runner& runner;
    const Background& background;
    DataPaths paths;
    events::DiskReserve reserve;
};

// The parts outlive the metrics' last text(). Before the first text().
void add_samples(Metrics& metrics, const SampledParts& parts);

}  // namespace gateway

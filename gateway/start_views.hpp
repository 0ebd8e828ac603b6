#pragma once

#include <cstdint>
#include <vector>

#include "events/error.hpp"
#include "events/log.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"

// How the views are brought to the end of the log before the first request is answered, and what an
// operator is told of it meanwhile.
namespace gateway {

struct StartViews {
    events::Log& log;
    std::uint16_t partitions;
    projections::Store& store;
    projections::Runner& runner;  // of these views; not started yet
    std::vector<projections::Projection*> views;
    // The log holds all there is: what has read farther has read a past that is gone. Not so for a
    // node, whose copy may lag behind the brokers.
    bool log_is_whole;
};

// Blocks until every view is there: for a new version of a view, as long as it takes to read the
// whole log. Logs how far it is every ten seconds. As Runner::catch_up.
events::Status bring_up(const StartViews& views);

}  // namespace gateway

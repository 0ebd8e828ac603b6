#pragma once

#include "events/error.hpp"
#include "events/fence.hpp"
#include "events/ids.hpp"
#include "events/log.hpp"

// A record that says nothing but that its sender's claim was in force where it lies.
namespace events {

// All of a partition have one key: each replaces the one before it.
Result<Outgoing> heartbeat(Partition partition, const ClaimRef& claim);

}  // namespace events

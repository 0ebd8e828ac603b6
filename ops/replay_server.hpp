#pragma once

#include <optional>
#include <string>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "ops/replay_walk.hpp"

// A company's history from a running server, page by page, for whom an API token with the scope
// history:read was made.
namespace ops {

struct HistorySource {
    std::string url;
    std::string token;
};

// The company whose token it is; nothing for what is no token.
std::optional<events::TenantId> tenant_of_token(const std::string& token);

// Hands each commit to the walk, from the filter's first seq on, as long as it takes any, and then
// what the server says is the last seq. Waits a while for a server that is away for a moment.
// kUnavailable: none answers; kInvalidArgument: it refuses, with what it says.
events::Status walk_server(const HistorySource& source, events::Seq from, ReplayWalk& walk);

}  // namespace ops

#pragma once

#include <string>

// What the data of each type of analytics event looks like, as JSON Schema (2020-12): one document
// that holds the schema of each type under its own URI. Made of the .proto files, as the feed is,
// so that the two cannot differ; published as schemas/analytics.schema.json.
namespace projections {

// Objects are open: a consumer ignores members that it does not know.
std::string analytics_schema();

}  // namespace projections

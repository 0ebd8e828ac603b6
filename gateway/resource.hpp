#pragma once

#include <boost/json/object.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "commands/work.hpp"
#include "gateway/access.hpp"
#include "gateway/outcome.hpp"
#include "gateway/services.hpp"

// What the routes of one resource and another do alike.
namespace gateway {

// The uuid in an id of that kind, if it is one of the principal's company; else 404 with `code`,
// the same for a malformed, an unknown and a foreign one.
Outcome<events::Uuid> own_id(const Principal& principal,
                             std::string_view id,
                             events::StreamKind kind,
                             std::string_view code);

// Everything of a command but its content: its id from the Idempotency-Key, the digest of what is
// asked, the version in If-Match.
Outcome<commands::CommandMeta> meta_of(const Services& services,
                                       const Principal& principal,
                                       const Request& request,
                                       std::initializer_list<std::string_view> what);

// The answer to a command that was done: `members`, its position and version, an ETag.
Response done(unsigned status, const commands::Accepted& accepted, boost::json::object members);
// The same with a refusal for a command that was not.
Response answer_of(unsigned status, const commands::Answer& answer, boost::json::object members);

// 503 "view-behind".
Response view_behind();

// Waits for the parameter min_position. Nothing when the views are there; else the refusal.
net::awaitable<std::optional<Response>> wait_for_position(const Services* services,
                                                          events::TenantId tenant,
                                                          std::string query);

// What a query found, or why not: `code` for what there is not.
Response problem_of(const events::Error& error, std::string_view not_found_code);

// The version as an entity tag, and whether If-None-Match has it.
std::string etag_of(events::Version version);
// The tag of bytes that have no version: their digest.
std::string etag_of(std::string_view body);
bool has_tag(const Request& request, std::string_view etag);

}  // namespace gateway

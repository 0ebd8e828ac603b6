#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "commands/work.hpp"
#include "events/key_ring.hpp"
#include "gateway/access.hpp"
#include "gateway/outcome.hpp"

// Names commands, so that the same request is done once however often it is sent. The raw
// Idempotency-Key is stored nowhere, and another principal's equal key names another command.
namespace gateway {

// HMAC(tenant key; principal, method and path, Idempotency-Key). Without the header a random key is
// chosen: the request is then its own, and a repeat is another. 400 for a key that is empty, too
// long or not printable ASCII.
Outcome<events::CommandId> command_id(const events::TenantKeys& keys,
                                      const Principal& principal,
                                      const Request& request);

// The id of one of several commands that a request consists of, or of the stream it creates.
events::CommandId derived_command(const events::TenantKeys& keys,
                                  const events::CommandId& from,
                                  std::string_view purpose);
events::Uuid derived_stream(const events::TenantKeys& keys, const events::CommandId& creates_it);

// The keyed digest of what is asked, part by part: the same parts in another spelling of the body
// are the same request.
events::BodyDigest body_digest(const events::TenantKeys& keys,
                               std::initializer_list<std::string_view> parts);

// Everything of a command but its own content.
commands::CommandMeta meta_for(const Principal& principal,
                               const events::CommandId& id,
                               const events::BodyDigest& digest,
                               std::int64_t now_ms);

// Says in an answer that the same command was done before.
void mark_replayed(Response& response);

// The version in If-Match, if the header is there; 400 when it is no version of ours.
Outcome<std::optional<events::Version>> expected_version(const Request& request);

// The answer that a refused command gets.
Response refusal_response(const commands::Refusal& refusal);

}  // namespace gateway

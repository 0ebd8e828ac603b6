#include "gateway/idempotency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "events/crypto.hpp"
#include "gateway/limits.hpp"
#include "gateway/query.hpp"

namespace gateway {

using events::CommandId;
using events::Uuid;

Outcome<CommandId> command_id(const events::TenantKeys& keys,
                              const Principal& principal,
                              const Request& request) {
    const auto header = request.header("idempotency-key");
    const bool printable =
        !header || std::ranges::all_of(*header, [](char c) { return c >= ' ' && c <= '~'; });
    if (header && (header->empty() || header->size() > kIdempotencyKeyBytesMax || !printable)) {
        return refuse(400,
                      "idempotency-key-invalid",
                      fmt::format("Idempotency-Key must be 1 to {} printable ASCII characters.",
                                  kIdempotencyKeyBytesMax));
    }
    const auto chosen = events::random_id<Uuid>();
    return events::id_from<CommandId>(events::keyed_hash(keys.command_ids,
                                                         {header ? "client" : "chosen",
                                                          principal.actor.view(),
                                                          request.method,
                                                          request.path,
                                                          header.value_or(chosen.view())}));
}

CommandId derived_command(const events::TenantKeys& keys,
                          const CommandId& from,
                          std::string_view purpose) {
    return events::id_from<CommandId>(
        events::keyed_hash(keys.command_ids, {"derived", from.view(), purpose}));
}

Uuid derived_stream(const events::TenantKeys& keys, const CommandId& creates_it) {
    return events::id_from<Uuid>(
        events::keyed_hash(keys.command_ids, {"stream", creates_it.view()}));
}

events::BodyDigest body_digest(const events::TenantKeys& keys,
                               std::initializer_list<std::string_view> parts) {
    const auto digest = events::keyed_hash(keys.body_digests, parts);
    events::BodyDigest short_digest{};
    std::copy_n(digest.begin(), short_digest.size(), short_digest.begin());
    return short_digest;
}

commands::CommandMeta meta_for(const Principal& principal,
                               const CommandId& id,
                               const events::BodyDigest& digest,
                               std::int64_t now_ms) {
    commands::CommandMeta meta;
    meta.tenant = principal.tenant;
    meta.id = id;
    meta.digest = digest;
    meta.actor_kind = principal.actor_kind;
    meta.actor = principal.actor;
    meta.now_ms = now_ms;
    return meta;
}

void mark_replayed(Response& response) {
    response.headers.emplace_back("Idempotency-Replayed", "true");
}

Outcome<std::optional<events::Version>> expected_version(const Request& request) {
    auto value = request.header("if-match");
    if (!value) return std::nullopt;
    if (value->size() >= 2 && value->front() == '"' && value->back() == '"') {
        value = value->substr(1, value->size() - 2);
    }
    const auto version = parse_unsigned(*value);
    if (!version) {
        return refuse(400, "if-match-invalid", "If-Match must be the version this API gave.");
    }
    return events::Version{*version};
}

Response refusal_response(const commands::Refusal& refusal) {
    switch (refusal.kind) {
        case commands::Refusal::Kind::kRejected:
            if (refusal.rejection) {
                constexpr std::array kStatus{422U, 404U, 409U, 410U};
                return problem(kStatus[static_cast<std::size_t>(refusal.rejection->kind)],
                               refusal.rejection->code,
                               refusal.rejection->detail);
            }
            break;
        case commands::Refusal::Kind::kKeyReused:
            return problem(422,
                           "idempotency-key-reused",
                           "This Idempotency-Key was used with another body; nothing was changed.");
        case commands::Refusal::Kind::kVersionConflict: {
            Response response = problem(
                412,
                "version-conflict",
                fmt::format("The current version is {}; read again.", refusal.current.value));
            response.headers.emplace_back("ETag", fmt::format("\"{}\"", refusal.current.value));
            return response;
        }
        case commands::Refusal::Kind::kNotOwner:
        case commands::Refusal::Kind::kFailed:
            if (refusal.error) return problem(*refusal.error);
            break;
    }
    return problem(500, "internal-error", "Something went wrong here.");
}

}  // namespace gateway

#include "gateway/resource.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/limits.hpp"
#include "gateway/query.hpp"
#include "gateway/view_wait.hpp"

namespace gateway {

Outcome<events::Uuid> own_id(const Principal& principal,
                             std::string_view id,
                             events::StreamKind kind,
                             std::string_view code) {
    const auto parsed = events::parse_stream_id(id, kind);
    if (!parsed || parsed->tenant != principal.tenant) {
        return refuse(404, code, "There is no such thing, or it is another company's.");
    }
    return parsed->uuid;
}

Outcome<commands::CommandMeta> meta_of(const Services& services,
                                       const Principal& principal,
                                       const Request& request,
                                       std::initializer_list<std::string_view> what) {
    const auto expected = expected_version(request);
    if (!expected) return std::unexpected(expected.error());
    const auto keys = services.keys.tenant_keys(principal.tenant);
    if (!keys) return std::unexpected(problem(keys.error()));
    const auto command = command_id(**keys, principal, request);
    if (!command) return std::unexpected(command.error());
    auto meta = meta_for(principal, *command, body_digest(**keys, what), services.now_ms());
    meta.expected = *expected;
    return meta;
}

Response done(unsigned status, const commands::Accepted& accepted, boost::json::object members) {
    members["position"] = accepted.position.value;
    members["version"] = accepted.version.value;
    Response response = json_response(status, members);
    response.headers.emplace_back("ETag", etag_of(accepted.version));
    if (accepted.replayed) mark_replayed(response);
    return response;
}

Response answer_of(unsigned status, const commands::Answer& answer, boost::json::object members) {
    if (!answer) return refusal_response(answer.error());
    return done(status, *answer, std::move(members));
}

Response view_behind() {
    return problem(503, "view-behind", "The view has not come to that position yet.");
}

net::awaitable<std::optional<Response>> wait_for_position(const Services* services,
                                                          events::TenantId tenant,
                                                          std::string query) {
    constexpr auto kAny = std::numeric_limits<std::uint64_t>::max() - 1;
    const auto position = number_parameter(query, {.name = "min_position", .most = kAny});
    if (!position) co_return position.error();
    if (*position > 0 &&
        !co_await view_reached(services, tenant, events::Seq{*position}, kMinPositionWait)) {
        co_return view_behind();
    }
    co_return std::nullopt;
}

Response problem_of(const events::Error& error, std::string_view not_found_code) {
    if (error.code == events::Errc::kNotFound) {
        return problem(404, not_found_code, "There is no such thing.");
    }
    return problem(error);
}

std::string etag_of(events::Version version) {
    return fmt::format("\"{}\"", version.value);
}

std::string etag_of(std::string_view body) {
    const auto digest = events::sha256({body});
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(number); ++i) number = (number << 8U) | digest[i];
    return fmt::format("\"{}\"", number);
}

// A list of tags, or a star; the weak mark says nothing here (RFC 9110, 13.1.2).
bool has_tag(const Request& request, std::string_view etag) {
    auto left = request.header("if-none-match").value_or("");
    while (!left.empty()) {
        const auto end = std::min(left.find(','), left.size());
        auto tag = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        tag.remove_prefix(std::min(tag.find_first_not_of(" \t"), tag.size()));
        tag = tag.substr(0, tag.find_last_not_of(" \t") + 1);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == "*" || tag == etag) return true;
    }
    return false;
}

}  // namespace gateway

#include "gateway/conversations_access.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/async.hpp"
#include "gateway/limits.hpp"
#include "gateway/live_position.hpp"
#include "gateway/live_topics.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"
#include "gateway/view_wait.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Uuid;
using projections::ConversationHead;

constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
// A view is some milliseconds behind what was acknowledged.
constexpr std::chrono::milliseconds kFreshConversationWait{2'000};

bool is_admin(const Principal& principal) {
    return principal.audience == Audience::kPortal &&
           std::ranges::find(principal.roles, parlour::company::v1::ROLE_ADMIN) !=
               principal.roles.end();
}

net::awaitable<events::Result<ConversationHead>> find_head(const Services* services,
                                                           events::TenantId tenant,
                                                           Uuid conversation) {
    const events::StreamId stream{kConversationKind, conversation};
    const auto find = [services, tenant, stream] {
        return services->views.conversations.find(services->store, tenant, stream);
    };
    auto head = co_await offload(services->pool, find);
    if (head || head.error().code != Errc::kNotFound) co_return head;
    const auto newest = co_await offload(
        services->pool, [services, tenant] { return services->history.head(tenant); });
    if (!newest) co_return std::unexpected(newest.error());
    if (!co_await view_reached(services, tenant, *newest, kFreshConversationWait)) co_return head;
    co_return co_await offload(services->pool, find);
}

}  // namespace

std::unexpected<Response> no_such_conversation() {
    return refuse(404, "conversation-not-found", "There is no such conversation.");
}

Outcome<Uuid> conversation_id(const Principal& principal, std::string_view text) {
    const auto parsed = events::parse_stream_id(text, kConversationKind);
    if (!parsed || parsed->tenant != principal.tenant) return no_such_conversation();
    return parsed->uuid;
}

net::awaitable<Outcome<ConversationHead>> visible_conversation(const Services* services,
                                                               Principal principal,
                                                               Uuid conversation) {
    auto head = co_await find_head(services, principal.tenant, conversation);
    if (!head) {
        if (head.error().code == Errc::kNotFound) co_return no_such_conversation();
        co_return std::unexpected(problem(head.error()));
    }
    if (!is_party(principal, *head) && !is_admin(principal)) co_return no_such_conversation();
    co_return *std::move(head);
}

net::awaitable<Outcome<ConversationHead>> readable_conversation(const Services* services,
                                                                Principal principal,
                                                                Uuid conversation) {
    auto head = co_await visible_conversation(services, principal, conversation);
    if (head && !is_party(principal, *head)) {
        co_return refuse(403, "not-a-party", "Only who takes part in a conversation reads it.");
    }
    co_return head;
}

Outcome<OwnSide> own_side(const Principal& principal) {
    OwnSide side{.author = side_of(principal), .party = std::nullopt};
    if (principal.audience == Audience::kVisitor) side.party = principal.actor;
    if (principal.audience != Audience::kPortal) return side;
    side.party = principal.expert;
    if (side.party) return side;
    return refuse(403, "not-an-expert", "This account is no expert of the company.");
}

net::awaitable<std::optional<Response>> wait_for_place(const Services* services,
                                                       Principal principal,
                                                       std::string query) {
    if (principal.audience != Audience::kVisitor) {
        co_return co_await wait_for_position(services, principal.tenant, std::move(query));
    }
    const auto text = query_parameter(query, "min_position");
    if (!text) co_return std::nullopt;
    const auto keys = services->keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto position = parse_position(*text, PositionForm::kOpaque, **keys, principal.tenant);
    if (!position) {
        co_return problem(
            400, "min_position-invalid", "\"min_position\" must be a position given to you.");
    }
    if (position->seq.value > 0 &&
        !co_await view_reached(services, principal.tenant, position->seq, kMinPositionWait)) {
        co_return problem(503, "view-behind", "The view has not come to that position yet.");
    }
    co_return std::nullopt;
}

}  // namespace gateway

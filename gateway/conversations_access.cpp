#include "gateway/conversations_access.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/async.hpp"
#include "gateway/live_topics.hpp"
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

}  // namespace gateway

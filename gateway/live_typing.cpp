#include "gateway/live_typing.hpp"

#include <memory>
#include <utility>

#include "gateway/conversations_access.hpp"
#include "gateway/live_events.hpp"

namespace gateway {
namespace {

net::awaitable<Response> tell_typing(const LiveServices* live,
                                     std::shared_ptr<TypingPace> pace,
                                     Call call) {
    const auto& principal = call.principal;
    const auto conversation = conversation_id(principal, call.segments.front());
    if (!conversation) co_return conversation.error();
    const auto side = own_side(principal);
    if (!side) co_return side.error();
    const auto head = co_await readable_conversation(&live->services, principal, *conversation);
    if (!head) co_return head.error();
    if (pace->may_pass(*conversation, principal.actor, TypingPace::Clock::now())) {
        live->hub.tell(principal.tenant,
                       {.kind = TopicKind::kConversation, .id = *conversation},
                       typing_event(side->author),
                       principal.actor);
    }
    co_return Response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

}  // namespace

bool TypingPace::may_pass(const events::Uuid& conversation,
                          const events::Uuid& actor,
                          Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (passed_.size() >= kTypingSidesKept) {
        std::erase_if(passed_, [&](const auto& one) { return one.second + every_ <= now; });
        if (passed_.size() >= kTypingSidesKept) return false;
    }
    const auto [last, first] = passed_.try_emplace({conversation, actor}, now);
    if (!first && now - last->second < every_) return false;
    last->second = now;
    return true;
}

void add_typing_route(Router& router, const LiveServices& live) {
    const Access parties{.visitor = true, .roles = {Role::ROLE_EXPERT}};
    router.add("PUT",
               "/api/v1/conversations/{id}/typing",
               parties,
               [&live, pace = std::make_shared<TypingPace>(live.times.typing)](Call call) {
                   return tell_typing(&live, pace, std::move(call));
               });
}

}  // namespace gateway

#include "gateway/read_marks.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include "gateway/async.hpp"
#include "gateway/conversation_json.hpp"
#include "gateway/conversations_access.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"

namespace gateway {

using commands::Answer;
using commands::Conversation;
using commands::MarkRead;
using events::Uuid;

// The paces of sides that have been quiet: they say nothing any more. Under the mutex.
void ReadMarks::forget_quiet(Clock::time_point now) {
    if (paces_.size() < kReadMarksKept) return;
    std::erase_if(paces_, [&](const auto& entry) {
        return !entry.second.gathering && entry.second.quiet_from <= now;
    });
}

net::awaitable<Answer> ReadMarks::mark(Uuid conversation,
                                       MarkRead what,
                                       commands::CommandMeta meta) {
    const Side side{
        .tenant = meta.tenant, .conversation = conversation, .reader = what.party.value_or(Uuid{})};
    std::shared_ptr<Gathered> gathered;
    std::optional<Clock::time_point> leads_from;
    {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        forget_quiet(now);
        auto& pace = paces_[side];
        if (!pace.gathering) {
            pace.gathering = std::make_shared<Gathered>();
            leads_from = std::max(now, pace.quiet_from);
        }
        gathered = pace.gathering;
        gathered->up_to = std::max(gathered->up_to, what.up_to);
    }
    if (leads_from) co_return co_await lead(side, gathered, what, meta, *leads_from);
    auto answer = co_await join(gathered);
    // Another's mark may have been one that cannot be; this one is asked for itself then.
    if (!answer && what.up_to < gathered->up_to) {
        co_return co_await execute<Conversation>(services_.writer, conversation, what, meta);
    }
    co_return answer;
}

net::awaitable<Answer> ReadMarks::lead(Side side,
                                       std::shared_ptr<Gathered> gathered,
                                       MarkRead what,
                                       commands::CommandMeta meta,
                                       Clock::time_point from) {
    net::steady_timer timer(co_await net::this_coro::executor);
    timer.expires_at(from);
    co_await timer.async_wait(net::as_tuple(net::use_awaitable));
    const auto own = what.up_to;
    {
        const std::lock_guard lock(mutex_);
        auto& pace = paces_[side];
        pace.gathering = nullptr;
        pace.quiet_from = Clock::now() + every_;
        what.up_to = gathered->up_to;
    }
    auto answer = co_await execute<Conversation>(services_.writer, side.conversation, what, meta);
    std::vector<commands::OnAnswer> waiting;
    {
        const std::lock_guard lock(mutex_);
        gathered->answer = answer;
        waiting = std::move(gathered->waiting);
    }
    for (auto& tell : waiting) tell(answer);
    if (answer || own == what.up_to) co_return answer;
    what.up_to = own;
    co_return co_await execute<Conversation>(services_.writer, side.conversation, what, meta);
}

net::awaitable<Answer> ReadMarks::join(std::shared_ptr<Gathered> gathered) {
    return net::async_initiate<const net::use_awaitable_t<>, void(Answer)>(
        [this](auto handler, std::shared_ptr<Gathered> joined) {
            commands::OnAnswer resume = resume_with<decltype(handler), Answer>(std::move(handler));
            std::optional<Answer> answer;
            {
                const std::lock_guard lock(mutex_);
                answer = joined->answer;
                if (!answer) joined->waiting.push_back(std::move(resume));
            }
            if (answer) resume(*std::move(answer));
        },
        net::use_awaitable,
        std::move(gathered));
}

namespace {

net::awaitable<Response> mark_as_read(const Services* services,
                                      std::shared_ptr<ReadMarks> marks,
                                      Call call) {
    const auto& [request, segments, principal] = call;
    const auto conversation = conversation_id(principal, segments.front());
    if (!conversation) co_return conversation.error();
    const auto side = own_side(principal);
    if (!side) co_return side.error();
    const auto object = parse_object(request.body);
    if (!object) co_return object.error();
    const auto up_to = number_member(
        *object, "up_to_version", {.least = 0, .most = std::numeric_limits<std::int64_t>::max()});
    if (!up_to) co_return up_to.error();
    const auto keys = services->keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const MarkRead what{.reader = side->author,
                        .up_to = events::Version{static_cast<std::uint64_t>(*up_to)},
                        .party = side->party};
    // Saying it again changes nothing, so a key would add nothing; and one command is many
    // requests.
    const auto meta = meta_for(principal,
                               events::random_id<events::CommandId>(),
                               body_digest(**keys, {"read"}),
                               services->now_ms());
    const auto marked = co_await marks->mark(*conversation, what, meta);
    if (!marked) co_return refusal_response(marked.error());
    Response response;
    response.body = fmt::format(R"({{"position":{},"version":{}}})",
                                place_json(marked->position, principal, **keys),
                                marked->version.value);
    co_return response;
}

}  // namespace

void add_read_mark_routes(Router& router, const Services& services) {
    const Access parties{.visitor = true, .roles = {Role::ROLE_EXPERT}};
    router.add("PUT",
               "/api/v1/conversations/{id}/read",
               parties,
               [&services, marks = std::make_shared<ReadMarks>(services)](Call call) {
                   return mark_as_read(&services, marks, std::move(call));
               });
}

}  // namespace gateway

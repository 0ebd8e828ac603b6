#include "gateway/conversation_begin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "commands/conversation.hpp"
#include "gateway/async.hpp"
#include "gateway/conversation_json.hpp"
#include "gateway/experts.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/live_events.hpp"
#include "gateway/visitor.hpp"
#include "projections/conversation_lists.hpp"

namespace gateway {
namespace {

using commands::BeginConversation;
using commands::Conversation;
using events::Personal;
using events::Uuid;
using parlour::conversation::v1::ConnectionMode;

constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
constexpr auto kExpertKind = parlour::log::v1::STREAM_KIND_EXPERT;

std::unexpected<Response> unknown_expert() {
    return refuse(422, "expert-unknown", "There is no such expert to be asked here.");
}

struct BeginBody {
    std::string expert;
    Personal text;
    ConnectionMode mode{};
};

Outcome<BeginBody> parse_begin(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    auto expert = string_member(*object, "expert");
    if (!expert) return std::unexpected(expert.error());
    auto text = string_member(*object, "text");
    if (!text) return std::unexpected(text.error());
    const auto mode = optional_string_member(*object, "mode");
    if (!mode) return std::unexpected(mode.error());
    BeginBody begin{.expert = std::move(*expert), .text = Personal(std::move(*text))};
    if (*mode) {
        const auto known = parse_mode(**mode);
        if (!known) return std::unexpected(known.error());
        begin.mode = *known;
    }
    return begin;
}

// Whether the conversation of that number is over, so that the message belongs to the next.
bool is_over(const commands::Refusal& refusal) {
    if (refusal.error) return refusal.error->code == events::Errc::kErased;
    return refusal.rejection &&
           refusal.rejection->code == Conversation::describe(Conversation::Rejection::kClosed).code;
}

// The number to begin at. What the view does not know of yet lies behind it.
net::awaitable<Outcome<std::uint64_t>> first_number(const Services* services,
                                                    Principal visitor,
                                                    Uuid expert,
                                                    bool again) {
    const auto opened = co_await offload(services->pool, [services, visitor, expert] {
        return projections::opened_with(
            services->store, services->views.conversations, visitor.tenant, visitor.actor, expert);
    });
    if (!opened) co_return std::unexpected(problem(opened.error()));
    const std::uint64_t back = again ? kBegunLookedBack : 1;
    co_return *opened - std::min(*opened, back);
}

struct Begun {
    Uuid conversation;
    commands::Answer answer;
};

net::awaitable<Begun> begin_from(const Services* services,
                                 std::shared_ptr<const events::TenantKeys> keys,
                                 BeginConversation begin,
                                 commands::CommandMeta meta,
                                 std::uint64_t number) {
    const auto last = number + kBegunLookedBack + kBegunPassedOver;
    for (;; ++number) {
        const auto conversation =
            conversation_number(*keys, begin.open.visitor, begin.open.expert, number);
        auto answer = co_await execute<Conversation>(services->writer, conversation, begin, meta);
        if (answer || number == last || !is_over(answer.error())) {
            co_return Begun{.conversation = conversation, .answer = std::move(answer)};
        }
    }
}

}  // namespace

Uuid conversation_number(const events::TenantKeys& keys,
                         const Uuid& visitor,
                         const Uuid& expert,
                         std::uint64_t number) {
    return events::id_from<Uuid>(events::keyed_hash(
        keys.command_ids, {"conversation", visitor.view(), expert.view(), std::to_string(number)}));
}

net::awaitable<Outcome<bool>> admit_message(const Services* services,
                                            Principal visitor,
                                            Uuid expert,
                                            Personal text,
                                            events::CommandId message) {
    if (const auto refusal = Conversation::refusal_of(text)) {
        const auto told = Conversation::describe(*refusal);
        co_return refuse(422, told.code, told.detail);
    }
    using Shown = events::Result<bool>;
    const auto shown = co_await offload(services->pool, [services, visitor, expert]() -> Shown {
        const auto there = services->views.experts.exists(services->store, visitor.tenant, expert);
        if (!there || !*there) return there;
        return services->views.widgets.shows(
            services->store, visitor.tenant, visitor.widget.value_or(Uuid{}), expert);
    });
    if (!shown) co_return std::unexpected(problem(shown.error()));
    if (!*shown) co_return unknown_expert();
    const auto open = co_await require_channel(
        services, visitor.tenant, expert, parlour::expert::v1::CHANNEL_CHAT);
    if (!open) co_return std::unexpected(open.error());
    const auto known = co_await ensure_visitor(services, visitor, message);
    if (!known) co_return std::unexpected(known.error());
    const auto* const there = services->availability;
    co_return there == nullptr || there->is_offline(visitor.tenant, expert);
}

net::awaitable<Response> begin_conversation(const Services* services, Call call) {
    const auto& [request, segments, principal] = call;
    auto body = parse_begin(request.body);
    if (!body) co_return body.error();
    const auto expert = events::parse_stream_id(body->expert, kExpertKind);
    if (!expert || expert->tenant != principal.tenant) co_return unknown_expert().error();
    const auto keys = services->keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto id = command_id(**keys, principal, request);
    if (!id) co_return id.error();
    const auto offline = co_await admit_message(services, principal, expert->uuid, body->text, *id);
    const bool again = request.header("idempotency-key").has_value();
    const auto number = co_await first_number(services, principal, expert->uuid, again);
    if (!number) co_return number.error();

    const auto digest =
        body_digest(**keys, {"begin", body->expert, body->text.reveal(), name_of(body->mode)});
    BeginConversation begin{.open = {.visitor = principal.actor,
                                     .expert = expert->uuid,
                                     .channel = parlour::conversation::v1::CHANNEL_WIDGET},
                            .widget = principal.widget,
                            .mode = body->mode,
                            .message = {.author = parlour::conversation::v1::AUTHOR_VISITOR,
                                        .text = std::move(body->text),
                                        .party = principal.actor,
                                        .offline = offline.value_or(false)}};
    // A repeat is answered as before, whatever has changed since: who may not write now sends a
    // text that is never stored.
    if (!offline) begin.message.text = Personal();
    const auto [conversation, answer] =
        co_await begin_from(services,
                            *keys,
                            std::move(begin),
                            meta_for(principal, *id, digest, services->now_ms()),
                            *number);
    if (!answer) co_return offline ? refusal_response(answer.error()) : offline.error();

    const auto& tenant = principal.tenant;
    Response response{.status = 201};
    response.body = fmt::format(
        R"({{"id":"{}","message":"{}","position":{},"version":{},"visitor":"{}","expert":"{}"}})",
        events::public_id(tenant, {kConversationKind, conversation}),
        events::public_id(tenant, "msg", *Uuid::from_bytes(id->view())),
        place_json(answer->position, principal, **keys),
        answer->version.value,
        events::public_id(tenant, "vis", principal.actor),
        body->expert);
    if (answer->replayed) mark_replayed(response);
    co_return response;
}

}  // namespace gateway

#include "gateway/conversations.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "commands/conversation.hpp"
#include "commands/visitor.hpp"
#include "gateway/async.hpp"
#include "gateway/conversation_begin.hpp"
#include "gateway/conversation_json.hpp"
#include "gateway/conversations_access.hpp"
#include "gateway/experts.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/live_events.hpp"
#include "gateway/resource.hpp"
#include "gateway/visitor.hpp"

namespace gateway {
namespace {

using commands::Conversation;
using commands::Visitor;
using events::Personal;
using events::Uuid;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::ConnectionMode;

constexpr auto kScope = parlour::company::v1::SCOPE_CONVERSATIONS;
constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
constexpr auto kExpertKind = parlour::log::v1::STREAM_KIND_EXPERT;

struct OpenBody {
    Personal name;
    Personal email;
    std::string expert;  // as given; empty: the company's first
};

struct MessageBody {
    Author author{};
    Personal text;
};

Outcome<OpenBody> parse_open(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto visitor = object_member(*object, "visitor");
    if (!visitor) return std::unexpected(visitor.error());
    auto name = optional_string_member(*visitor, "name");
    if (!name) return std::unexpected(name.error());
    auto email = optional_string_member(*visitor, "email");
    if (!email) return std::unexpected(email.error());
    auto expert = optional_string_member(*object, "expert");
    if (!expert) return std::unexpected(expert.error());
    return OpenBody{.name = Personal(std::move(*name).value_or("")),
                    .email = Personal(std::move(*email).value_or("")),
                    .expert = std::move(*expert).value_or("")};
}

Outcome<ConnectionMode> mode_in(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto given = string_member(*object, "mode");
    if (!given) return std::unexpected(given.error());
    return parse_mode(*given);
}

// What is said, and by which side: an integrator names it, everybody else stands on one.
Outcome<MessageBody> parse_message(std::string_view body, Author side) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    if (side == Author::AUTHOR_UNSPECIFIED) {
        const auto author = string_member(*object, "author");
        if (!author) return std::unexpected(author.error());
        if (*author != "visitor" && *author != "expert") {
            return refuse(400, "author-invalid", R"("author" must be "visitor" or "expert".)");
        }
        side = *author == "visitor" ? Author::AUTHOR_VISITOR : Author::AUTHOR_EXPERT;
    }
    auto text = string_member(*object, "text");
    if (!text) return std::unexpected(text.error());
    return MessageBody{.author = side, .text = Personal(std::move(*text))};
}

class Conversations {
  public:
    explicit Conversations(const Services& services) : services_(services) {}

    net::awaitable<Response> open(Call call) const;
    net::awaitable<Response> send(Call call) const;
    net::awaitable<Response> choose_mode(Call call) const;
    net::awaitable<Response> close(Call call) const;

  private:
    // A command on one conversation: which, and everything but its own content.
    struct Addressed {
        Uuid conversation;
        commands::CommandMeta meta;
    };
    // `what` is what is asked, part by part.
    [[nodiscard]] Outcome<Addressed> address(const Principal& principal,
                                             const Request& request,
                                             std::string_view id,
                                             std::initializer_list<std::string_view> what) const;
    net::awaitable<Outcome<Uuid>> expert_of(Principal principal, std::string given) const;
    net::awaitable<Outcome<bool>> is_left(Principal principal,
                                          Addressed addressed,
                                          Personal text) const;
    // The answer to a command that was done: `members` and its place.
    [[nodiscard]] Response written(unsigned status,
                                   const Principal& principal,
                                   const commands::Accepted& accepted,
                                   std::string members) const;

    const Services& services_;
};

Outcome<Conversations::Addressed> Conversations::address(
    const Principal& principal,
    const Request& request,
    std::string_view id,
    std::initializer_list<std::string_view> what) const {
    const auto conversation = conversation_id(principal, id);
    if (!conversation) return std::unexpected(conversation.error());
    const auto expected = expected_version(request);
    if (!expected) return std::unexpected(expected.error());
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) return std::unexpected(problem(keys.error()));
    const auto command = command_id(**keys, principal, request);
    if (!command) return std::unexpected(command.error());
    Addressed addressed{
        .conversation = *conversation,
        .meta = meta_for(principal, *command, body_digest(**keys, what), services_.now_ms())};
    addressed.meta.expected = *expected;
    return addressed;
}

// The expert asked for, or the company's first.
net::awaitable<Outcome<Uuid>> Conversations::expert_of(Principal principal,
                                                       std::string given) const {
    const auto unknown = refuse(422, "expert-unknown", "The company has no such expert.");
    const auto* const services = &services_;
    const auto tenant = principal.tenant;
    if (given.empty()) {
        auto first = co_await offload(services_.pool, [services, tenant] {
            return services->views.experts.first(services->store, tenant);
        });
        if (first) co_return *first;
        if (first.error().code == events::Errc::kNotFound) co_return unknown;
        co_return std::unexpected(problem(first.error()));
    }
    const auto parsed = events::parse_stream_id(given, kExpertKind);
    if (!parsed || parsed->tenant != tenant) co_return unknown;
    const Uuid expert = parsed->uuid;
    const auto exists = co_await offload(services_.pool, [services, tenant, expert] {
        return services->views.experts.exists(services->store, tenant, expert);
    });
    if (!exists) co_return std::unexpected(problem(exists.error()));
    if (!*exists) co_return unknown;
    co_return expert;
}

// Two commits, visitor then conversation, with ids derived from the one key: a repeat finds what is
// there and completes what is missing.
net::awaitable<Response> Conversations::open(Call call) const {
    const auto& [request, segments, principal] = call;
    if (principal.audience == Audience::kVisitor) {
        co_return co_await begin_conversation(&services_, call);
    }
    auto body = parse_open(request.body);
    if (!body) co_return body.error();
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto id = command_id(**keys, principal, request);
    if (!id) co_return id.error();
    const auto expert = co_await expert_of(principal, body->expert);
    if (!expert) co_return expert.error();
    const auto kept = co_await kept_of(&services_, principal.tenant);
    if (!kept) co_return kept.error();
    const auto reachable = co_await require_channel(
        &services_, principal.tenant, *expert, parlour::expert::v1::CHANNEL_CHAT);

    const auto digest =
        body_digest(**keys, {body->name.reveal(), body->email.reveal(), body->expert});
    const auto identify = derived_command(**keys, *id, "visitor");
    const Uuid visitor = derived_stream(**keys, identify);
    auto meta = meta_for(principal, identify, digest, services_.now_ms());
    meta.correlation = *id;
    // A repeat is answered as before, whatever has changed since: for an expert who is not reached
    // now the name is one that is never stored.
    if (!reachable) body->name = Personal("\n");
    const auto identified =
        co_await execute<Visitor>(services_.writer,
                                  visitor,
                                  commands::IdentifyVisitor{.name = std::move(body->name),
                                                            .email = std::move(body->email),
                                                            .visit = std::nullopt,
                                                            .kept = *kept},
                                  meta);
    if (!identified) {
        co_return reachable ? refusal_response(identified.error()) : reachable.error();
    }

    const Uuid conversation = derived_stream(**keys, *id);
    meta.id = *id;
    meta.correlation.reset();
    const auto opened = co_await execute<Conversation>(
        services_.writer,
        conversation,
        commands::OpenConversation{.visitor = visitor,
                                   .expert = *expert,
                                   .channel = parlour::conversation::v1::CHANNEL_API},
        meta);
    if (!opened) co_return refusal_response(opened.error());

    const auto& tenant = principal.tenant;
    Response response{.status = 201};
    response.body =
        fmt::format(R"({{"id":"{}","position":{},"version":{},"visitor":"{}","expert":"{}"}})",
                    events::public_id(tenant, {kConversationKind, conversation}),
                    opened->position.value,
                    opened->version.value,
                    events::public_id(tenant, {Visitor::kKind, visitor}),
                    events::public_id(tenant, {kExpertKind, *expert}));
    if (identified->replayed && opened->replayed) mark_replayed(response);
    co_return response;
}

// Whether a message is left for an expert who is offline; only a visitor's is ever.
net::awaitable<Outcome<bool>> Conversations::is_left(Principal principal,
                                                     Addressed addressed,
                                                     Personal text) const {
    if (principal.audience != Audience::kVisitor) co_return false;
    const auto head = co_await readable_conversation(&services_, principal, addressed.conversation);
    if (!head) co_return std::unexpected(head.error());
    co_return co_await admit_message(
        &services_, principal, head->expert, std::move(text), addressed.meta.id);
}

net::awaitable<Response> Conversations::send(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto& id = segments.front();
    const auto side = own_side(principal);
    if (!side) co_return side.error();
    auto body = parse_message(request.body, side->author);
    if (!body) co_return body.error();
    const auto addressed =
        address(principal, request, id, {name_of(body->author), body->text.reveal()});
    if (!addressed) co_return addressed.error();
    const auto offline = co_await is_left(principal, *addressed, body->text);
    // A repeat is answered as before, whatever has changed since: who may not write now sends a
    // text that is never stored.
    if (!offline) body->text = Personal();
    const auto message = Uuid::from_bytes(addressed->meta.id.view());
    const auto sent = co_await execute<Conversation>(services_.writer,
                                                     addressed->conversation,
                                                     commands::SendMessage{
                                                         .author = body->author,
                                                         .text = std::move(body->text),
                                                         .party = side->party,
                                                         .offline = offline.value_or(false),
                                                     },
                                                     addressed->meta);
    if (!sent) co_return offline ? refusal_response(sent.error()) : offline.error();
    auto members = fmt::format(R"("id":"{}","conversation":"{}")",
                               events::public_id(principal.tenant, "msg", *message),
                               id);
    auto response = written(201, principal, *sent, std::move(members));
    response.headers.emplace_back("ETag", etag_of(sent->version));
    co_return response;
}

net::awaitable<Response> Conversations::choose_mode(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto side = own_side(principal);
    if (!side) co_return side.error();
    const auto mode = mode_in(request.body);
    if (!mode) co_return mode.error();
    const auto addressed = address(principal, request, segments.front(), {name_of(*mode)});
    if (!addressed) co_return addressed.error();
    const auto chosen = co_await execute<Conversation>(
        services_.writer,
        addressed->conversation,
        commands::ChooseConnectionMode{.mode = *mode, .by = side->author, .party = side->party},
        addressed->meta);
    if (!chosen) co_return refusal_response(chosen.error());
    co_return written(200, principal, *chosen, fmt::format(R"("mode":"{}")", name_of(*mode)));
}

net::awaitable<Response> Conversations::close(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto side = own_side(principal);
    if (!side) co_return side.error();
    const auto addressed = address(principal, request, segments.front(), {"close"});
    if (!addressed) co_return addressed.error();
    const auto closed = co_await execute<Conversation>(
        services_.writer,
        addressed->conversation,
        commands::CloseConversation{.by = side->author, .party = side->party},
        addressed->meta);
    if (!closed) co_return refusal_response(closed.error());
    co_return written(200, principal, *closed, R"("state":"closed")");
}

Response Conversations::written(unsigned status,
                                const Principal& principal,
                                const commands::Accepted& accepted,
                                std::string members) const {
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) return problem(keys.error());
    Response response{.status = status};
    response.body = fmt::format(R"({{{},"position":{},"version":{}}})",
                                members,
                                place_json(accepted.position, principal, **keys),
                                accepted.version.value);
    if (accepted.replayed) mark_replayed(response);
    return response;
}

}  // namespace

void add_conversation_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const Conversations>(services);
    const Access openers{.visitor = true, .scope = kScope};
    const Access writers{.visitor = true, .roles = {Role::ROLE_EXPERT}, .scope = kScope};
    const Access parties{.visitor = true, .roles = {Role::ROLE_EXPERT}};
    using Handle = net::awaitable<Response> (Conversations::*)(Call) const;
    struct Route {
        std::string_view pattern;
        const Access& access;
        Handle handle;
    };
    for (const auto& [pattern, access, handle] :
         {Route{"/api/v1/conversations", openers, &Conversations::open},
          Route{"/api/v1/conversations/{id}/messages", writers, &Conversations::send},
          Route{"/api/v1/conversations/{id}/connection-mode", writers, &Conversations::choose_mode},
          Route{"/api/v1/conversations/{id}/close", parties, &Conversations::close}}) {
        router.add("POST", pattern, access, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway

#include "gateway/conversations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "commands/conversation.hpp"
#include "commands/visitor.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/limits.hpp"
#include "gateway/query.hpp"
#include "gateway/view_wait.hpp"

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
    auto name = string_member(*visitor, "name");
    if (!name) return std::unexpected(name.error());
    auto email = optional_string_member(*visitor, "email");
    if (!email) return std::unexpected(email.error());
    auto expert = optional_string_member(*object, "expert");
    if (!expert) return std::unexpected(expert.error());
    return OpenBody{.name = Personal(std::move(*name)),
                    .email = Personal(std::move(*email).value_or("")),
                    .expert = std::move(*expert).value_or("")};
}

struct ModeName {
    std::string_view name;
    ConnectionMode mode;
};
constexpr std::array kModes{ModeName{"text", ConnectionMode::CONNECTION_MODE_TEXT},
                            ModeName{"audio", ConnectionMode::CONNECTION_MODE_AUDIO},
                            ModeName{"video", ConnectionMode::CONNECTION_MODE_VIDEO}};

Outcome<ModeName> parse_mode(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto given = string_member(*object, "mode");
    if (!given) return std::unexpected(given.error());
    const auto* const found = std::ranges::find(kModes, *given, &ModeName::name);
    if (found != kModes.end()) return *found;
    return refuse(400, "mode-invalid", "\"mode\" must be \"text\", \"audio\" or \"video\".");
}

Outcome<MessageBody> parse_message(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto author = string_member(*object, "author");
    if (!author) return std::unexpected(author.error());
    if (*author != "visitor" && *author != "expert") {
        return refuse(400, "author-invalid", "\"author\" must be \"visitor\" or \"expert\".");
    }
    auto text = string_member(*object, "text");
    if (!text) return std::unexpected(text.error());
    return MessageBody{
        .author = *author == "visitor" ? Author::AUTHOR_VISITOR : Author::AUTHOR_EXPERT,
        .text = Personal(std::move(*text))};
}

std::string_view name_of(Author author) {
    return author == Author::AUTHOR_VISITOR ? "visitor" : "expert";
}

std::unexpected<Response> no_such_conversation() {
    return refuse(404, "conversation-not-found", "There is no such conversation.");
}

// A conversation of the principal's own tenant; another tenant's is as good as none.
Outcome<Uuid> own_conversation(const Principal& principal, std::string_view id) {
    const auto parsed = events::parse_stream_id(id, kConversationKind);
    if (!parsed || parsed->tenant != principal.tenant) return no_such_conversation();
    return parsed->uuid;
}

class Conversations {
  public:
    explicit Conversations(const Services& services) : services_(services) {}

    net::awaitable<Response> open(Call call) const;
    net::awaitable<Response> send(Call call) const;
    net::awaitable<Response> choose_mode(Call call) const;
    net::awaitable<Response> list(Call call) const;

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

    const Services& services_;
};

Outcome<Conversations::Addressed> Conversations::address(
    const Principal& principal,
    const Request& request,
    std::string_view id,
    std::initializer_list<std::string_view> what) const {
    const auto conversation = own_conversation(principal, id);
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
    auto body = parse_open(request.body);
    if (!body) co_return body.error();
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto id = command_id(**keys, principal, request);
    if (!id) co_return id.error();
    const auto expert = co_await expert_of(principal, body->expert);
    if (!expert) co_return expert.error();

    const auto digest =
        body_digest(**keys, {body->name.reveal(), body->email.reveal(), body->expert});
    const auto identify = derived_command(**keys, *id, "visitor");
    const Uuid visitor = derived_stream(**keys, identify);
    auto meta = meta_for(principal, identify, digest, services_.now_ms());
    meta.correlation = *id;
    const auto identified = co_await execute<Visitor>(
        services_.writer,
        visitor,
        commands::IdentifyVisitor{.name = std::move(body->name), .email = std::move(body->email)},
        meta);
    if (!identified) co_return refusal_response(identified.error());

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

net::awaitable<Response> Conversations::send(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto& id = segments.front();
    auto body = parse_message(request.body);
    if (!body) co_return body.error();
    auto addressed = address(principal, request, id, {name_of(body->author), body->text.reveal()});
    if (!addressed) co_return addressed.error();
    const auto message = Uuid::from_bytes(addressed->meta.id.view());
    const auto sent = co_await execute<Conversation>(
        services_.writer,
        addressed->conversation,
        commands::SendMessage{.author = body->author, .text = std::move(body->text)},
        addressed->meta);
    if (!sent) co_return refusal_response(sent.error());

    Response response{.status = 201};
    response.body = fmt::format(R"({{"id":"{}","position":{},"version":{},"conversation":"{}"}})",
                                events::public_id(principal.tenant, "msg", *message),
                                sent->position.value,
                                sent->version.value,
                                id);
    response.headers.emplace_back("ETag", fmt::format("\"{}\"", sent->version.value));
    if (sent->replayed) mark_replayed(response);
    co_return response;
}

net::awaitable<Response> Conversations::choose_mode(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto& id = segments.front();
    const auto mode = parse_mode(request.body);
    if (!mode) co_return mode.error();
    auto addressed = address(principal, request, id, {mode->name});
    if (!addressed) co_return addressed.error();
    const auto chosen =
        co_await execute<Conversation>(services_.writer,
                                       addressed->conversation,
                                       commands::ChooseConnectionMode{.mode = mode->mode},
                                       addressed->meta);
    if (!chosen) co_return refusal_response(chosen.error());
    Response response;
    response.body = fmt::format(R"({{"mode":"{}","position":{},"version":{}}})",
                                mode->name,
                                chosen->position.value,
                                chosen->version.value);
    if (chosen->replayed) mark_replayed(response);
    co_return response;
}

std::string to_json(const events::TenantId& tenant, const projections::MessageItem& item) {
    return fmt::format(R"({{"id":"{}","author":"{}",{},"time":"{}","position":{},"version":{}}})",
                       events::public_id(tenant, "msg", item.id),
                       name_of(item.author),
                       item.text ? "\"text\":" + json_string(item.text->reveal())
                                 : std::string(R"("erased":true)"),
                       events::format_time(item.time_unix_ms),
                       item.seq.value,
                       item.version.value);
}

net::awaitable<Response> Conversations::list(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto& id = segments.front();
    const auto conversation = own_conversation(principal, id);
    if (!conversation) co_return conversation.error();
    const auto limit = number_parameter(
        request.query,
        {.name = "limit", .least = 1, .most = kPageLimitMax, .otherwise = kPageLimitDefault});
    if (!limit) co_return limit.error();
    constexpr auto kAny = std::numeric_limits<std::uint64_t>::max() - 1;
    const auto after = number_parameter(request.query, {.name = "after", .most = kAny});
    if (!after) co_return after.error();
    const auto position = number_parameter(request.query, {.name = "min_position", .most = kAny});
    if (!position) co_return position.error();
    const auto tenant = principal.tenant;
    if (*position > 0 &&
        !co_await view_reached(&services_, tenant, events::Seq{*position}, kMinPositionWait)) {
        co_return problem(503, "view-behind", "The view has not come to that position yet.");
    }

    const auto* const services = &services_;
    const events::StreamId stream{kConversationKind, *conversation};
    const projections::PageRequest page_request{.after = events::Version{*after}, .limit = *limit};
    const auto page = co_await offload(services_.pool, [=] {
        return services->views.conversations.page(
            services->store, services->keys, tenant, stream, page_request, services->now_ms());
    });
    if (!page) {
        if (page.error().code == events::Errc::kNotFound) co_return no_such_conversation().error();
        co_return problem(page.error());
    }
    Response response;
    response.body = R"({"items":[)";
    for (const auto& item : page->items) {
        if (response.body.back() != '[') response.body += ',';
        response.body += to_json(tenant, item);
    }
    response.body += ']';
    const auto* const mode = std::ranges::find(kModes, page->mode, &ModeName::mode);
    if (mode != kModes.end()) {
        response.body += fmt::format(R"(,"connection_mode":"{}")", mode->name);
    }
    if (page->more) {
        response.body +=
            fmt::format(R"(,"next":"/api/v1/conversations/{}/messages?limit={}&after={}")",
                        id,
                        *limit,
                        page->cursor.value);
    }
    response.body += '}';
    co_return response;
}

}  // namespace

void add_conversation_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const Conversations>(services);
    const Access access{.scope = kScope};
    constexpr std::string_view kAll = "/api/v1/conversations";
    constexpr std::string_view kMessages = "/api/v1/conversations/{id}/messages";
    constexpr std::string_view kMode = "/api/v1/conversations/{id}/connection-mode";
    router.add("POST", kAll, access, [routes](Call call) { return routes->open(std::move(call)); });
    router.add(
        "POST", kMessages, access, [routes](Call call) { return routes->send(std::move(call)); });
    router.add("POST", kMode, access, [routes](Call call) {
        return routes->choose_mode(std::move(call));
    });
    router.add(
        "GET", kMessages, access, [routes](Call call) { return routes->list(std::move(call)); });
}

}  // namespace gateway

#include "gateway/live.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gateway/conversations_access.hpp"
#include "gateway/json_body.hpp"
#include "gateway/live_session.hpp"
#include "gateway/live_stream.hpp"
#include "gateway/live_typing.hpp"
#include "gateway/query.hpp"

namespace gateway {
namespace {

net::awaitable<Response> issue_ticket(const LiveServices* live, Call call) {
    const auto text = live->tickets.issue(call.principal, call.request, live->services.now_ms());
    if (!text) {
        auto refused =
            problem(429, "too-many-tickets", "Too many tickets are unused; wait a moment.");
        refused.headers.emplace_back("Retry-After", std::to_string(kTicketValidMs / 1'000));
        co_return refused;
    }
    co_return json_response(
        201, boost::json::object{{"ticket", *text}, {"valid_seconds", kTicketValidMs / 1'000}});
}

// The text between two commas, one behind the other.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (bool more = !text.empty(); more;) {
        const auto end = text.find(',');
        parts.push_back(text.substr(0, end));
        more = end != std::string_view::npos;
        if (more) text.remove_prefix(end + 1);
    }
    return parts;
}

Outcome<std::vector<StreamTopic>> parse_topics(const Call& call) {
    const auto names = split(query_parameter(call.request.query, "topics").value_or(""));
    if (names.empty() || names.size() > kStreamTopicsMax) {
        return refuse(400, "topics-invalid", "\"topics\" names 1 to 16 topics, with commas.");
    }
    std::vector<StreamTopic> topics;
    for (const auto name : names) {
        const auto topic = parse_topic(name, call.principal);
        if (!topic) {
            const bool theirs = topic.error().code == "topic-not-yours";
            return refuse(theirs ? 403 : 400, topic.error().code, topic.error().detail);
        }
        if (std::ranges::find(topics, *topic, &StreamTopic::topic) != topics.end()) {
            return refuse(400, "topics-invalid", "\"topics\" names each topic once.");
        }
        topics.push_back({.topic = *topic, .after = {}, .position = std::nullopt});
    }
    return topics;
}

// Last-Event-ID, which a browser sends by itself, before "after".
Outcome<std::vector<StreamTopic>> with_positions(const Call& call,
                                                 const events::TenantKeys& keys,
                                                 std::vector<StreamTopic> topics) {
    const auto after = call.request.header("last-event-id");
    const auto given = after ? after : query_parameter(call.request.query, "after");
    if (!given || given->empty()) return topics;
    const auto wrong = refuse(
        400, "position-invalid", "\"after\" has for each topic a position given to you, or \"-\".");
    const auto positions = read_event_id(*given, topics.size());
    if (!positions) return wrong;
    const auto form = call.principal.audience == Audience::kVisitor ? PositionForm::kOpaque
                                                                    : PositionForm::kPlain;
    for (std::size_t i = 0; i < topics.size(); ++i) {
        const std::string& text = (*positions)[i];
        if (text.empty()) continue;
        topics[i].after = text;
        topics[i].position = parse_position(text, form, keys, call.principal.tenant);
        if (!topics[i].position || !is_durable(topics[i].topic)) return wrong;
    }
    return topics;
}

Response stream_of(const LiveServices& live, const Call& call, std::vector<StreamTopic> topics) {
    struct Opening {
        LiveTicket ticket;
        std::vector<StreamTopic> topics;
        std::shared_ptr<LiveStream> stream;
    };
    const auto opening = std::make_shared<Opening>(
        Opening{.ticket = {.principal = call.principal, .credential = credential_of(call.request)},
                .topics = std::move(topics),
                .stream = nullptr});
    Response response{.status = 200, .content_type = "text/event-stream"};
    response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.stream = BodyStream{.on_open =
                                     [opening, &live](std::shared_ptr<LiveSink> sink) {
                                         opening->stream = std::make_shared<LiveStream>(
                                             live, std::move(sink), std::move(opening->topics));
                                         opening->stream->start(std::move(opening->ticket));
                                     },
                                 .on_closed =
                                     [opening] {
                                         if (opening->stream) opening->stream->stop();
                                     }};
    return response;
}

net::awaitable<Response> open_stream(const LiveServices* live, Call call) {
    auto topics = parse_topics(call);
    if (!topics) co_return std::move(topics.error());
    const auto keys = live->services.keys.tenant_keys(call.principal.tenant);
    if (!keys) co_return problem(keys.error());
    topics = with_positions(call, **keys, *std::move(topics));
    if (!topics) co_return std::move(topics.error());
    for (const auto& topic : *topics) {
        if (topic.topic.kind != TopicKind::kConversation) continue;
        auto head = co_await readable_conversation(&live->services, call.principal, topic.topic.id);
        if (!head) co_return std::move(head.error());
    }
    co_return stream_of(*live, call, *std::move(topics));
}

}  // namespace

void add_live_routes(Router& router, const LiveServices& live) {
    router.add("POST", "/api/v1/tickets", live_access(), [&live](Call call) {
        return issue_ticket(&live, std::move(call));
    });
    router.add("GET", "/api/v1/live/events", live_access(), [&live](Call call) {
        return open_stream(&live, std::move(call));
    });
    add_typing_route(router, live);
}

LiveUpgrade live_upgrade(const LiveServices& live) {
    return [&live](const Request&, std::shared_ptr<LiveSink> sink)
               -> std::expected<std::shared_ptr<LiveConnection>, Response> {
        auto session = std::make_shared<LiveSession>(live, std::move(sink));
        session->start();
        return session;
    };
}

}  // namespace gateway

#include "gateway/conversation_json.hpp"

#include <fmt/format.h>

#include <string>

#include "gateway/json_body.hpp"
#include "gateway/live_events.hpp"
#include "gateway/live_position.hpp"

namespace gateway {
namespace {

using parlour::conversation::v1::ConnectionMode;
using projections::ConversationHead;

constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;

// A member with a text of ours in front of which others stand; nothing for an empty one.
std::string text_member(std::string_view name, std::string_view text) {
    if (text.empty()) return {};
    return fmt::format(R"(,"{}":"{}")", name, text);
}

}  // namespace

std::string place_json(events::Seq seq,
                       const Principal& principal,
                       const events::TenantKeys& keys) {
    const auto form =
        principal.audience == Audience::kVisitor ? PositionForm::kOpaque : PositionForm::kPlain;
    return position_json(to_text({.seq = seq, .part = 0}, form, keys, principal.tenant));
}

std::string_view state_of(const ConversationHead& head) {
    return head.closed ? "closed" : "open";
}

std::string read_json(const ConversationHead& head) {
    return fmt::format(R"({{"visitor":{},"expert":{}}})",
                       head.visitor_read.up_to.value,
                       head.expert_read.up_to.value);
}

std::string conversation_json(const ShownConversation& shown,
                              const Principal& principal,
                              const events::TenantKeys& keys) {
    const auto& head = shown.head;
    const auto& tenant = principal.tenant;
    const bool visitor = principal.audience == Audience::kVisitor;
    auto json = fmt::format(R"({{"id":"{}","visitor":"{}","expert":"{}")",
                            events::public_id(tenant, {kConversationKind, shown.id}),
                            events::public_id(tenant, "vis", head.visitor),
                            events::public_id(tenant, "exp", head.expert));
    if (head.widget) json += text_member("widget", events::public_id(tenant, "wgt", *head.widget));
    if (shown.visitor_name) {
        json += R"(,"visitor_name":)" + json_string(shown.visitor_name->reveal());
    }
    if (shown.visitor_verified) {
        json += fmt::format(R"(,"visitor_verified":{})", *shown.visitor_verified);
    }
    json += text_member("channel", name_of(head.channel));
    json += text_member("connection_mode", name_of(head.mode));
    json += text_member("opened", events::format_time(head.opened_unix_ms));
    if (head.last_message_unix_ms > 0) {
        json += text_member("last_message", events::format_time(head.last_message_unix_ms));
    }
    json += fmt::format(
        R"(,"state":"{}","messages":{},"unread":{},"read":{},"position":{},"version":{}}})",
        state_of(head),
        head.messages,
        visitor ? head.visitor_read.unread : head.expert_read.unread,
        read_json(head),
        place_json(head.last_seq, principal, keys),
        head.last_version.value);
    return json;
}

// Piece by piece, without a format string: a page has many.
void append_message(const projections::MessageTold& message,
                    const Principal& principal,
                    const events::TenantKeys& keys,
                    std::string& json) {
    json.append(R"({"id":")").append(events::public_id(principal.tenant, "msg", message.id));
    json.append(R"(","author":")").append(name_of(message.author)).push_back('"');
    if (message.offline) json.append(R"(,"offline":true)");
    if (message.text) {
        json.append(R"(,"text":)").append(json_string(*message.text));
    } else {
        json.append(R"(,"erased":true)");
    }
    json.append(R"(,"time":")").append(events::format_time(message.time_unix_ms));
    json.append(R"(","position":)").append(place_json(message.seq, principal, keys));
    json.append(R"(,"version":)").append(std::to_string(message.version.value)).push_back('}');
}

std::string message_json(const projections::MessageItem& item,
                         const Principal& principal,
                         const events::TenantKeys& keys) {
    std::string json;
    append_message(
        {.id = item.id,
         .author = item.author,
         .offline = item.offline,
         .time_unix_ms = item.time_unix_ms,
         .seq = item.seq,
         .version = item.version,
         .text = item.text ? std::optional<std::string_view>(item.text->reveal()) : std::nullopt},
        principal,
        keys,
        json);
    return json;
}

Outcome<ConnectionMode> parse_mode(std::string_view name) {
    for (const auto mode : {ConnectionMode::CONNECTION_MODE_TEXT,
                            ConnectionMode::CONNECTION_MODE_AUDIO,
                            ConnectionMode::CONNECTION_MODE_VIDEO}) {
        if (name == name_of(mode)) return mode;
    }
    return refuse(400, "mode-invalid", R"("mode" must be "text", "audio" or "video".)");
}

}  // namespace gateway

#include "gateway/live_events.hpp"

#include <fmt/format.h>

#include <utility>

#include "gateway/json_body.hpp"
#include "projections/projection.hpp"

namespace gateway {
namespace {

namespace v1 = parlour::conversation::v1;
using events::Errc;
using events::Result;
using parlour::views::v1::SealedEvent;
using v1::ConversationEvent;

// One event on its way to JSON, and where it stands.
struct Placed {
    const events::CommitMeta& meta;
    events::Version version;
};

std::string public_id_of(const Placed& at, std::string_view tag, std::string_view bytes) {
    const auto id = events::Uuid::from_bytes(bytes);
    return id ? events::public_id(at.meta.tenant, tag, *id) : std::string();
}

// The members that every event ends with.
std::string ending(const Placed& at) {
    return fmt::format(R"(,"time":"{}","version":{}}})",
                       events::format_time(at.meta.time_unix_ms),
                       at.version.value);
}

std::string opened_json(const v1::ConversationOpened& opened, const Placed& at) {
    std::string json = fmt::format(R"({{"type":"opened","visitor":"{}","expert":"{}")",
                                   public_id_of(at, "vis", opened.visitor_id()),
                                   public_id_of(at, "exp", opened.expert_id()));
    if (!opened.widget_id().empty()) {
        json += fmt::format(R"(,"widget":"{}")", public_id_of(at, "wgt", opened.widget_id()));
    }
    if (const auto channel = name_of(opened.channel()); !channel.empty()) {
        json += fmt::format(R"(,"channel":"{}")", channel);
    }
    return json + ending(at);
}

struct Message {
    const std::string& id;
    v1::Author author;
    bool offline;
    const std::string* text;  // null: erased
};

std::string message_json(const Message& message, const Placed& at) {
    return fmt::format(R"({{"type":"message","id":"{}","author":"{}"{},{}{})",
                       public_id_of(at, "msg", message.id),
                       name_of(message.author),
                       message.offline ? R"(,"offline":true)" : "",
                       message.text != nullptr ? "\"text\":" + json_string(*message.text)
                                               : std::string(R"("erased":true)"),
                       ending(at));
}

Result<std::string> event_json(const ConversationEvent& event,
                               const ConversationEvent* personal,
                               const Placed& at) {
    switch (event.body_case()) {
        case ConversationEvent::kConversationOpened:
            return opened_json(event.conversation_opened(), at);
        case ConversationEvent::kMessageSent:
            return message_json(
                {.id = event.message_sent().message_id(),
                 .author = event.message_sent().author(),
                 .offline = false,
                 .text = personal == nullptr ? nullptr : &personal->message_sent().text()},
                at);
        case ConversationEvent::kOfflineMessageLeft:
            return message_json(
                {.id = event.offline_message_left().message_id(),
                 .author = v1::AUTHOR_VISITOR,
                 .offline = true,
                 .text = personal == nullptr ? nullptr : &personal->offline_message_left().text()},
                at);
        case ConversationEvent::kConnectionModeChosen:
            return fmt::format(R"({{"type":"connection-mode","mode":"{}"{})",
                               name_of(event.connection_mode_chosen().mode()),
                               ending(at));
        case ConversationEvent::kMessagesRead:
            return fmt::format(R"({{"type":"read","reader":"{}","up_to_version":{}{})",
                               name_of(event.messages_read().reader()),
                               event.messages_read().up_to_version(),
                               ending(at));
        case ConversationEvent::kConversationClosed:
            return fmt::format(R"({{"type":"closed","by":"{}"{})",
                               name_of(event.conversation_closed().closed_by()),
                               ending(at));
        case ConversationEvent::kConversationReopened:
            return R"({"type":"reopened")" + ending(at);
        case ConversationEvent::kMissedMessageMailQueued:
        case ConversationEvent::kUnreadMailQueued:
            return std::string();  // of the program's own keeping
        case ConversationEvent::BODY_NOT_SET:
            break;
    }
    return events::fail(Errc::kUnknownSchema, "a conversation event without a body");
}

}  // namespace

std::string_view name_of(v1::Author author) {
    return author == v1::AUTHOR_VISITOR ? "visitor" : "expert";
}

std::string_view name_of(v1::ConnectionMode mode) {
    switch (mode) {
        case v1::CONNECTION_MODE_TEXT:
            return "text";
        case v1::CONNECTION_MODE_AUDIO:
            return "audio";
        case v1::CONNECTION_MODE_VIDEO:
            return "video";
        default:
            return {};
    }
}

std::string_view name_of(v1::Channel channel) {
    switch (channel) {
        case v1::CHANNEL_API:
            return "api";
        case v1::CHANNEL_WIDGET:
            return "widget";
        default:
            return {};
    }
}

Result<std::vector<std::string>> conversation_events(const events::OpenedHeader& opened,
                                                     const events::Commit& commit,
                                                     projections::Unsealer& unsealer) {
    const projections::Committed committed{.opened = opened, .commit = commit};
    std::vector<std::string> all;
    ConversationEvent event;
    ConversationEvent personal;
    SealedEvent sealed;
    for (int i = 0; i < opened.header.events_size(); ++i) {
        if (auto read = projections::read_event(committed, i, event); !read) {
            return std::unexpected(std::move(read.error()));
        }
        bool readable = false;
        if (event.has_message_sent() || event.has_offline_message_left()) {
            projections::keep_sealed(committed, i, sealed);
            personal.Clear();
            const auto unsealed =
                unsealer.open(opened.meta.tenant, opened.meta.stream, sealed, personal);
            if (!unsealed) return std::unexpected(unsealed.error());
            readable = *unsealed;
        }
        const Placed at{
            .meta = opened.meta,
            .version = {opened.meta.first_version.value + static_cast<std::uint64_t>(i)}};
        auto json = event_json(event, readable ? &personal : nullptr, at);
        if (!json) return std::unexpected(std::move(json.error()));
        all.push_back(*std::move(json));
    }
    return all;
}

std::string inbox_event(std::string_view event_json, const InboxPlace& place) {
    event_json.remove_suffix(1);  // the closing brace
    return fmt::format(R"({},"conversation":"{}","unread":{},"state":"{}"}})",
                       event_json,
                       place.conversation,
                       place.unread,
                       place.closed ? "closed" : "open");
}

std::string typing_event(v1::Author author) {
    return fmt::format(R"({{"type":"typing","author":"{}"}})", name_of(author));
}

}  // namespace gateway

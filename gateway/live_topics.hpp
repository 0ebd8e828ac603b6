#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "gateway/access.hpp"
#include "projections/conversation_view.hpp"

// What can be followed live, and by whom.
namespace gateway {

enum class TopicKind : std::uint8_t {
    kConversation,  // "conversation:ID": everything that happens in it
    kInbox,         // "inbox": what happens in the conversations of the expert who asks
    kPresence,      // "presence": who of the company's experts can be reached
    kRoster,        // "roster": which experts a visitor may be shown, and who of them is available
};

// A topic within a tenant. The id is the conversation, the expert whose inbox it is, or the widget
// through which a visitor sees the roster; zero otherwise.
struct LiveTopic {
    TopicKind kind{};
    events::Uuid id;
    friend auto operator<=>(const LiveTopic&, const LiveTopic&) = default;
};

// Why something is refused over a socket: `code` and `detail` as in a problem document.
struct LiveRefusal {
    std::string_view code;
    std::string_view detail;
};

// The topic that a client means by that name: "topic-unknown", or "topic-not-yours" when this
// principal has none of the kind. A conversation still needs may_follow.
std::expected<LiveTopic, LiveRefusal> parse_topic(std::string_view name,
                                                  const Principal& principal);
// The name that every subscriber of the topic knows it by.
std::string name_of(const LiveTopic& topic, const events::TenantId& tenant);
// Where the past of the topic is read when there is too much of it to be replayed; empty for
// topics without a past.
std::string page_of(const LiveTopic& topic, const events::TenantId& tenant);
// Whether its frames stand in the log, at positions.
bool is_durable(const LiveTopic& topic);

// Whether the conversation's texts are for them: its own visitor and expert, and integrators. An
// admin who is no party sees lists only.
bool is_party(const Principal& principal, const projections::ConversationHead& conversation);
// The side they stand on; an integrator stands on neither.
parlour::conversation::v1::Author side_of(const Principal& principal);

}  // namespace gateway

template <>
struct std::hash<gateway::LiveTopic> {
    std::size_t operator()(const gateway::LiveTopic& topic) const noexcept {
        return std::hash<events::Uuid>{}(topic.id) * 31U + static_cast<std::size_t>(topic.kind);
    }
};

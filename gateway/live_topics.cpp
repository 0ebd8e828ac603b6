#include "gateway/live_topics.hpp"

namespace gateway {
namespace {

using parlour::conversation::v1::Author;

constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
constexpr std::string_view kConversationPrefix = "conversation:";
constexpr std::string_view kInbox = "inbox";
constexpr std::string_view kPresence = "presence";
constexpr std::string_view kRoster = "roster";

constexpr LiveRefusal kUnknown{
    "topic-unknown", "A topic is \"conversation:ID\", \"inbox\", \"presence\" or \"roster\"."};
constexpr LiveRefusal kNotYours{"topic-not-yours", "This topic is not for this credential."};

}  // namespace

std::expected<LiveTopic, LiveRefusal> parse_topic(std::string_view name,
                                                  const Principal& principal) {
    if (name.starts_with(kConversationPrefix)) {
        const auto id =
            events::parse_stream_id(name.substr(kConversationPrefix.size()), kConversationKind);
        if (!id) return std::unexpected(kUnknown);
        if (id->tenant != principal.tenant) return std::unexpected(kNotYours);
        return LiveTopic{.kind = TopicKind::kConversation, .id = id->uuid};
    }
    if (name == kInbox) {
        if (!principal.expert) return std::unexpected(kNotYours);
        return LiveTopic{.kind = TopicKind::kInbox, .id = *principal.expert};
    }
    if (name == kPresence) {
        if (principal.audience == Audience::kVisitor) return std::unexpected(kNotYours);
        return LiveTopic{.kind = TopicKind::kPresence, .id = {}};
    }
    if (name == kRoster) {
        return LiveTopic{.kind = TopicKind::kRoster,
                         .id = principal.widget.value_or(events::Uuid{})};
    }
    return std::unexpected(kUnknown);
}

std::string name_of(const LiveTopic& topic, const events::TenantId& tenant) {
    switch (topic.kind) {
        case TopicKind::kConversation:
            return std::string(kConversationPrefix) +
                   events::public_id(tenant, {kConversationKind, topic.id});
        case TopicKind::kInbox:
            return std::string(kInbox);
        case TopicKind::kPresence:
            return std::string(kPresence);
        case TopicKind::kRoster:
            return std::string(kRoster);
    }
    return {};
}

std::string page_of(const LiveTopic& topic, const events::TenantId& tenant) {
    switch (topic.kind) {
        case TopicKind::kConversation:
            return "/api/v1/conversations/" +
                   events::public_id(tenant, {kConversationKind, topic.id}) + "/messages";
        case TopicKind::kInbox:
            return "/api/v1/inbox";
        case TopicKind::kPresence:
        case TopicKind::kRoster:
            break;
    }
    return {};
}

bool is_durable(const LiveTopic& topic) {
    return topic.kind == TopicKind::kConversation || topic.kind == TopicKind::kInbox;
}

bool is_party(const Principal& principal, const projections::ConversationHead& conversation) {
    switch (principal.audience) {
        case Audience::kNobody:
            return false;
        case Audience::kIntegrator:
            return true;
        case Audience::kPortal:
            return principal.expert == conversation.expert;
        case Audience::kVisitor:
            return principal.actor == conversation.visitor;
    }
    return false;
}

Author side_of(const Principal& principal) {
    switch (principal.audience) {
        case Audience::kVisitor:
            return Author::AUTHOR_VISITOR;
        case Audience::kPortal:
            return Author::AUTHOR_EXPERT;
        case Audience::kNobody:
        case Audience::kIntegrator:
            break;
    }
    return Author::AUTHOR_UNSPECIFIED;
}

}  // namespace gateway

#include "gateway/live_feed.hpp"

#include <optional>
#include <utility>

#include "gateway/live_events.hpp"
#include "projections/sealed_event.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Result;

// The conversation as the view has it; nothing when it is being erased.
Result<std::optional<projections::ConversationHead>> find_head(const LiveParts& parts,
                                                               const events::CommitMeta& meta) {
    auto head = parts.conversations.find(parts.store, meta.tenant, meta.stream);
    if (head) return *std::move(head);
    const bool gone = head.error().code == Errc::kErased || head.error().code == Errc::kNotFound;
    if (gone) return std::nullopt;
    return std::unexpected(std::move(head.error()));
}

Result<std::vector<LiveItem>> items_of(const LiveParts& parts,
                                       const events::OpenedHeader& opened,
                                       const events::Commit& commit) {
    projections::Unsealer unsealer(parts.keys, parts.now_ms());
    auto texts = conversation_events(opened, commit, unsealer);
    if (!texts) return std::unexpected(std::move(texts.error()));
    std::vector<LiveItem> items;
    for (std::uint32_t part = 1; auto& text : *texts) {
        if (!text.empty()) {
            items.push_back({.position = {.seq = opened.meta.seq, .part = part},
                             .event_json = std::move(text)});
        }
        ++part;
    }
    if (!items.empty()) items.back().position.part = 0;  // behind it the commit tells nothing more
    return items;
}

TopicItems inbox_items(const events::CommitMeta& meta,
                       const projections::ConversationHead& head,
                       const std::vector<LiveItem>& items) {
    const InboxPlace place{.conversation = events::public_id(meta.tenant, meta.stream),
                           .unread = head.expert_read.unread,
                           .closed = head.closed};
    TopicItems inbox{.topic = {.kind = TopicKind::kInbox, .id = head.expert}, .items = {}};
    for (const auto& item : items) {
        inbox.items.push_back(
            {.position = item.position, .event_json = inbox_event(item.event_json, place)});
    }
    return inbox;
}

}  // namespace

Result<std::vector<TopicItems>> topic_items(const LiveParts& parts,
                                            const events::OpenedHeader& opened,
                                            const events::Commit& commit,
                                            const WantedTopics& wanted) {
    std::vector<TopicItems> all;
    const auto& meta = opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_CONVERSATION) return all;
    std::optional<projections::ConversationHead> listed;
    if (wanted.inbox) {
        auto head = find_head(parts, meta);
        if (!head) return std::unexpected(std::move(head.error()));
        if (*head && wanted.inbox((*head)->expert)) listed = std::move(*head);
    }
    if (!wanted.conversation && !listed) return all;
    auto items = items_of(parts, opened, commit);
    if (!items) return std::unexpected(std::move(items.error()));
    if (listed) all.push_back(inbox_items(meta, *listed, *items));
    if (wanted.conversation) {
        all.push_back({.topic = {.kind = TopicKind::kConversation, .id = meta.stream.uuid},
                       .items = *std::move(items)});
    }
    return all;
}

Result<ReadyFrame> ready_frame(const LiveParts& parts,
                               const events::TenantId& tenant,
                               const LiveTopic& topic,
                               PositionForm form,
                               const LiveItem& item) {
    const auto keys = parts.keys.tenant_keys(tenant);
    if (!keys) return std::unexpected(keys.error());
    std::string position = to_text(item.position, form, **keys, tenant);
    auto frame = event_frame(name_of(topic, tenant), position_json(position), item.event_json);
    return ReadyFrame{.frame = std::move(frame), .position = std::move(position)};
}

}  // namespace gateway

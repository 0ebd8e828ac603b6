#include "projections/conversation_view.hpp"

#include "projections/conversation_rows.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::AUTHOR_VISITOR;
using parlour::conversation::v1::ConversationEvent;
using parlour::views::v1::ConversationRow;
using parlour::views::v1::MessageRow;

// The key under which the expert's list has the conversation. Without an expert (the opening lies
// under a tombstone) there is none.
std::optional<std::string> list_key(const events::TenantId& tenant, const ConversationRow& row) {
    if (row.expert_id().empty() || row.last_seq() == 0) return std::nullopt;
    return row_key(row.closed() ? kClosedList : kOpenList,
                   tenant,
                   row.expert_id(),
                   newest_first(events::Seq{row.last_seq()}));
}

events::Status read_row(const std::string& key, Rows& rows, ConversationRow& row) {
    const auto got = rows.get(key);
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    row.Clear();
    if (value && !row.ParseFromString(*value)) {
        return fail(Errc::kDamaged, "a conversation row does not parse");
    }
    return {};
}

}  // namespace

// One read and one write of the conversation's row for a commit. Without a row there is an opening
// in the commit, or it lies under a tombstone: the stream is being erased, and what is left of it
// is counted until its own tombstone comes.
events::Status ConversationView::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    if (meta.stream.kind != parlour::log::v1::STREAM_KIND_CONVERSATION) return {};
    const std::string key = conversation_key(meta.tenant, meta.stream.uuid);
    if (auto read = read_row(key, rows, conversation_); !read) return read;
    const auto listed_before = list_key(meta.tenant, conversation_);
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto applied = apply_event(committed, i, rows); !applied) return applied;
    }
    rows.put(key, conversation_.SerializeAsString());
    const auto listed = list_key(meta.tenant, conversation_);
    if (listed == listed_before) return {};
    if (listed_before) rows.erase(*listed_before);
    if (listed) rows.put(*listed, meta.stream.uuid.view());
    return {};
}

events::Status ConversationView::apply_event(const Committed& committed, int index, Rows& rows) {
    if (auto read = read_event(committed, index, event_); !read) return read;
    conversation_.set_last_version(committed.opened.meta.first_version.value +
                                   static_cast<std::uint64_t>(index));
    switch (event_.body_case()) {
        case ConversationEvent::kConversationOpened:
            open_conversation(committed, rows);
            return {};
        case ConversationEvent::kMessageSent:
        case ConversationEvent::kOfflineMessageLeft:
            add_message(committed, index, rows);
            return {};
        case ConversationEvent::kConnectionModeChosen:
            conversation_.set_connection_mode(event_.connection_mode_chosen().mode());
            return {};
        case ConversationEvent::kMessagesRead:
            return mark_read(committed, rows);
        case ConversationEvent::kConversationClosed:
            conversation_.set_closed(true);
            return {};
        case ConversationEvent::kConversationReopened:
            conversation_.set_closed(false);
            return {};
        case ConversationEvent::kMissedMessageMailQueued:
        case ConversationEvent::kUnreadMailQueued:
            return {};
        case ConversationEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "a conversation event without a body");
}

void ConversationView::open_conversation(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    const auto& opened = event_.conversation_opened();
    conversation_.set_visitor_id(opened.visitor_id());
    conversation_.set_expert_id(opened.expert_id());
    conversation_.set_widget_id(opened.widget_id());
    conversation_.set_channel(opened.channel());
    conversation_.set_opened_seq(meta.seq.value);
    conversation_.set_opened_unix_ms(meta.time_unix_ms);
    conversation_.set_last_seq(meta.seq.value);
    std::string listed(meta.stream.uuid.view());
    listed.append(opened.expert_id()).push_back(static_cast<char>(opened.channel()));
    rows.put(row_key(kVisitorList, meta.tenant, opened.visitor_id(), newest_first(meta.seq)),
             listed);
}

void ConversationView::add_message(const Committed& committed, int index, Rows& rows) {
    const auto& meta = committed.opened.meta;
    const bool offline = event_.has_offline_message_left();
    const Author author = offline ? AUTHOR_VISITOR : event_.message_sent().author();
    auto& side = author == AUTHOR_VISITOR ? *conversation_.mutable_visitor()
                                          : *conversation_.mutable_expert();
    side.set_messages(side.messages() + 1);
    conversation_.set_messages(conversation_.messages() + 1);
    conversation_.set_last_seq(meta.seq.value);
    conversation_.set_last_message_unix_ms(meta.time_unix_ms);

    keep_sealed(committed, index, *message_.mutable_event());
    message_.set_message_id(offline ? event_.offline_message_left().message_id()
                                    : event_.message_sent().message_id());
    message_.set_author(author);
    message_.set_offline(offline);
    message_.set_visitor_messages(conversation_.visitor().messages());
    message_.set_expert_messages(conversation_.expert().messages());
    rows.put(message_key(meta.tenant, meta.stream.uuid, message_.event().version()),
             message_.SerializeAsString());
}

// The messages up to the marker are those up to the last message at or before it.
events::Status ConversationView::mark_read(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    const auto& read = event_.messages_read();
    const bool by_visitor = read.reader() == AUTHOR_VISITOR;
    MessageRow message;
    for (std::uint64_t version = read.up_to_version(); version > 0; --version) {
        const auto got = rows.get(message_key(meta.tenant, meta.stream.uuid, version));
        if (!got) return std::unexpected(got.error());
        const std::optional<std::string>& value = *got;
        if (!value) continue;
        if (!message.ParseFromString(*value)) {
            return fail(Errc::kDamaged, "a message row does not parse");
        }
        break;
    }
    auto& side = by_visitor ? *conversation_.mutable_visitor() : *conversation_.mutable_expert();
    side.set_read_up_to_version(read.up_to_version());
    side.set_messages_read(by_visitor ? message.expert_messages() : message.visitor_messages());
    return {};
}

}  // namespace projections

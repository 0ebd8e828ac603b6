#include "projections/conversation_view.hpp"

#include <limits>

#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using parlour::conversation::v1::ConversationEvent;
using parlour::views::v1::ConversationRow;
using parlour::views::v1::MessageRow;

constexpr char kConversationKind = 'c';
constexpr char kMessageKind = 'm';

std::string conversation_key(const events::TenantId& tenant, const events::StreamId& stream) {
    return row_key(kConversationKind, tenant, stream.uuid.view());
}

std::unexpected<events::Error> damaged_row(const char* what) {
    return fail(Errc::kDamaged, what);
}

events::Result<ConversationRow> parse_conversation(const std::string& value) {
    ConversationRow row;
    if (!row.ParseFromString(value)) return damaged_row("a conversation row does not parse");
    return row;
}

// One message out of its row, its text unsealed.
events::Result<MessageItem> message_item(const MessageRow& row,
                                         const events::TenantId& tenant,
                                         const events::StreamId& stream,
                                         Unsealer& unsealer) {
    const auto id = events::Uuid::from_bytes(row.message_id());
    if (!id) return damaged_row("a message row's id is not 16 bytes");
    MessageItem item{.id = *id,
                     .author = row.author(),
                     .time_unix_ms = row.event().time_unix_ms(),
                     .seq = events::Seq{row.event().seq()},
                     .version = events::Version{row.event().version()},
                     .text = std::nullopt};
    ConversationEvent personal;
    const auto opened = unsealer.open(tenant, stream, row.event(), personal);
    if (!opened) return std::unexpected(opened.error());
    if (*opened) {
        item.text.emplace(std::move(*personal.mutable_message_sent()->mutable_text()));
    }
    return item;
}

}  // namespace

events::Status ConversationView::apply(const Committed& committed, Rows& rows) {
    if (committed.opened.meta.stream.kind != parlour::log::v1::STREAM_KIND_CONVERSATION) return {};
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto applied = apply_event(committed, i, rows); !applied) return applied;
    }
    return {};
}

events::Status ConversationView::apply_event(const Committed& committed, int index, Rows& rows) {
    if (auto read = read_event(committed, index, event_); !read) return read;
    switch (event_.body_case()) {
        case ConversationEvent::kConversationOpened:
            return open_conversation(committed, rows);
        case ConversationEvent::kMessageSent:
            return add_message(committed, index, rows);
        case ConversationEvent::kConnectionModeChosen:
            return choose_mode(committed, rows);
        case ConversationEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "a conversation event without a body");
}

events::Status ConversationView::open_conversation(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    const auto& opened = event_.conversation_opened();
    conversation_.Clear();
    conversation_.set_visitor_id(opened.visitor_id());
    conversation_.set_expert_id(opened.expert_id());
    conversation_.set_opened_seq(meta.seq.value);
    conversation_.set_opened_unix_ms(meta.time_unix_ms);
    rows.put(conversation_key(meta.tenant, meta.stream), conversation_.SerializeAsString());
    return {};
}

// Reads the row into conversation_. Without one the opening lies under a tombstone: the stream is
// being erased, and what is left of it is counted until its own tombstone comes.
events::Status ConversationView::read_conversation(const std::string& key, Rows& rows) {
    const auto got = rows.get(key);
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    conversation_.Clear();
    if (value && !conversation_.ParseFromString(*value)) {
        return damaged_row("a conversation row does not parse");
    }
    return {};
}

events::Status ConversationView::choose_mode(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    const std::string key = conversation_key(meta.tenant, meta.stream);
    if (auto read = read_conversation(key, rows); !read) return read;
    conversation_.set_connection_mode(event_.connection_mode_chosen().mode());
    rows.put(key, conversation_.SerializeAsString());
    return {};
}

events::Status ConversationView::add_message(const Committed& committed, int index, Rows& rows) {
    const auto& meta = committed.opened.meta;
    const std::string key = conversation_key(meta.tenant, meta.stream);
    if (auto read = read_conversation(key, rows); !read) return read;
    conversation_.set_messages(conversation_.messages() + 1);
    rows.put(key, conversation_.SerializeAsString());

    const auto& sent = event_.message_sent();
    keep_sealed(committed, index, *message_.mutable_event());
    message_.set_message_id(sent.message_id());
    message_.set_author(sent.author());
    rows.put(row_key(kMessageKind,
                     meta.tenant,
                     meta.stream.uuid.view(),
                     number_key(message_.event().version())),
             message_.SerializeAsString());
    return {};
}

events::Result<ConversationPage> ConversationView::page(Store& store,
                                                        events::KeyRing& keys,
                                                        const events::TenantId& tenant,
                                                        const events::StreamId& stream,
                                                        const PageRequest& request,
                                                        std::int64_t now_ms) const {
    if (request.limit == 0 || request.limit > kPageMessagesMax) {
        return fail(Errc::kInvalidArgument, "a page holds 1 to 200 messages");
    }
    const auto got = store.get(*this, conversation_key(tenant, stream));
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    if (!value) return fail(Errc::kNotFound, "no such conversation");
    const auto row = parse_conversation(*value);
    if (!row) return std::unexpected(row.error());
    if (row->opened_seq() == 0) return fail(Errc::kErased, "the conversation is being erased");
    const auto visitor = events::Uuid::from_bytes(row->visitor_id());
    const auto expert = events::Uuid::from_bytes(row->expert_id());
    if (!visitor || !expert) return damaged_row("an id in a conversation row is not 16 bytes");

    ConversationPage page{.visitor = *visitor,
                          .expert = *expert,
                          .opened_unix_ms = row->opened_unix_ms(),
                          .messages = row->messages(),
                          .mode = row->connection_mode(),
                          .items = {},
                          .more = false,
                          .cursor = request.after};
    if (request.after.value == std::numeric_limits<std::uint64_t>::max()) return page;

    Unsealer unsealer(keys, now_ms);
    std::optional<events::Error> error;
    MessageRow message;
    const auto visit = [&](std::string_view, std::string_view bytes) {
        if (page.items.size() == request.limit) {
            page.more = true;
            return false;
        }
        if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
            error = events::Error{Errc::kDamaged, "a message row does not parse"};
            return false;
        }
        auto item = message_item(message, tenant, stream, unsealer);
        if (!item) {
            error = std::move(item.error());
            return false;
        }
        page.items.push_back(std::move(*item));
        return true;
    };
    const auto scanned = store.scan(*this,
                                    row_key(kMessageKind, tenant, stream.uuid.view()),
                                    number_key(request.after.value + 1),
                                    visit);
    if (!scanned) return std::unexpected(scanned.error());
    if (error) return std::unexpected(std::move(*error));
    if (!page.items.empty()) page.cursor = page.items.back().version;
    return page;
}

}  // namespace projections

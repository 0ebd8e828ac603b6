#include "projections/conversation_rows.hpp"

#include "projections/row_key.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using parlour::views::v1::ConversationRow;
using parlour::views::v1::ConversationSide;

ReadState read_state(const ConversationSide& reader, const ConversationSide& writer) {
    return {.up_to = events::Version{reader.read_up_to_version()},
            .unread = writer.messages() - reader.messages_read()};
}

}  // namespace

std::string newest_first(events::Seq seq) {
    return number_key(~seq.value);
}

std::string conversation_key(const events::TenantId& tenant, const events::Uuid& conversation) {
    return row_key(kConversationRow, tenant, conversation.view());
}

std::string message_key(const events::TenantId& tenant,
                        const events::Uuid& conversation,
                        std::uint64_t version) {
    return row_key(kMessageRow, tenant, conversation.view(), number_key(version));
}

events::Result<ConversationHead> parse_conversation_row(std::string_view value) {
    ConversationRow row;
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
        return fail(Errc::kDamaged, "a conversation row does not parse");
    }
    if (row.opened_seq() == 0) return fail(Errc::kErased, "the conversation is being erased");
    const auto visitor = events::Uuid::from_bytes(row.visitor_id());
    const auto expert = events::Uuid::from_bytes(row.expert_id());
    if (!visitor || !expert) {
        return fail(Errc::kDamaged, "an id in a conversation row is not 16 bytes");
    }
    return ConversationHead{.visitor = *visitor,
                            .expert = *expert,
                            .widget = events::Uuid::from_bytes(row.widget_id()),
                            .channel = row.channel(),
                            .closed = row.closed(),
                            .opened_unix_ms = row.opened_unix_ms(),
                            .last_message_unix_ms = row.last_message_unix_ms(),
                            .last_seq = events::Seq{row.last_seq()},
                            .last_version = events::Version{row.last_version()},
                            .messages = row.messages(),
                            .mode = row.connection_mode(),
                            .visitor_read = read_state(row.visitor(), row.expert()),
                            .expert_read = read_state(row.expert(), row.visitor())};
}

}  // namespace projections

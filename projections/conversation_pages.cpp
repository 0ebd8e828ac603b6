#include <limits>

#include "projections/conversation_rows.hpp"
#include "projections/conversation_view.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

// The queries about one conversation.
namespace projections {
namespace {

using events::Errc;
using events::fail;
using parlour::conversation::v1::ConversationEvent;
using parlour::views::v1::MessageRow;

// One message out of its row, its text unsealed.
events::Result<MessageItem> message_item(const MessageRow& row,
                                         const events::TenantId& tenant,
                                         const events::StreamId& stream,
                                         Unsealer& unsealer) {
    const auto id = events::Uuid::from_bytes(row.message_id());
    if (!id) return fail(Errc::kDamaged, "a message row's id is not 16 bytes");
    MessageItem item{.id = *id,
                     .author = row.author(),
                     .offline = row.offline(),
                     .time_unix_ms = row.event().time_unix_ms(),
                     .seq = events::Seq{row.event().seq()},
                     .version = events::Version{row.event().version()},
                     .text = std::nullopt};
    ConversationEvent personal;
    const auto opened = unsealer.open(tenant, stream, row.event(), personal);
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return item;
    auto& text = row.offline() ? *personal.mutable_offline_message_left()->mutable_text()
                               : *personal.mutable_message_sent()->mutable_text();
    item.text.emplace(std::move(text));
    return item;
}

}  // namespace

events::Result<ConversationHead> ConversationView::find(Store& store,
                                                        const events::TenantId& tenant,
                                                        const events::StreamId& stream) const {
    const auto got = store.get(*this, conversation_key(tenant, stream.uuid));
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    if (!value) return fail(Errc::kNotFound, "no such conversation");
    return parse_conversation_row(*value);
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
    const auto head = find(store, tenant, stream);
    if (!head) return std::unexpected(head.error());
    ConversationPage page{*head, {}, false, request.after};
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
                                    row_key(kMessageRow, tenant, stream.uuid.view()),
                                    number_key(request.after.value + 1),
                                    visit);
    if (!scanned) return std::unexpected(scanned.error());
    if (error) return std::unexpected(std::move(*error));
    if (!page.items.empty()) page.cursor = page.items.back().version;
    return page;
}

}  // namespace projections

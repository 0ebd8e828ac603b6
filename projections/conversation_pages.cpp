#include "projections/conversation_pages.hpp"

#include <limits>

#include "events/wire.hpp"
#include "projections/conversation_rows.hpp"
#include "projections/row_key.hpp"

// The queries about one conversation.
namespace projections {
namespace {

namespace wire = events::wire;

using events::Errc;
using events::fail;
using parlour::conversation::v1::ConversationEvent;
using parlour::conversation::v1::MessageSent;
using parlour::conversation::v1::OfflineMessageLeft;
using parlour::views::v1::MessageRow;
using parlour::views::v1::SealedEvent;

// A SealedEvent within a MessageRow, read by hand: a page has many.
bool read_sealed(std::string_view bytes, MessageTold& told, Unsealer::Sealed& sealed) {
    for (wire::Field field; wire::take_field(bytes, field);) {
        switch (field.number) {
            case SealedEvent::kSeqFieldNumber:
                told.seq = events::Seq{field.value};
                break;
            case SealedEvent::kVersionFieldNumber:
                told.version = sealed.version = events::Version{field.value};
                break;
            case SealedEvent::kTypeFieldNumber:
                sealed.type = static_cast<std::uint32_t>(field.value);
                break;
            case SealedEvent::kTimeUnixMsFieldNumber:
                told.time_unix_ms = static_cast<std::int64_t>(field.value);
                break;
            case SealedEvent::kKeyIdFieldNumber:
                sealed.key_id = field.bytes;
                break;
            case SealedEvent::kSealedFieldNumber:
                sealed.sealed = field.bytes;
                break;
            default:
                break;
        }
    }
    return bytes.empty();
}

// False for bytes that are no row of a message.
bool read_row(std::string_view bytes, MessageTold& told, Unsealer::Sealed& sealed) {
    std::optional<events::Uuid> id;
    bool sound = true;
    for (wire::Field field; sound && wire::take_field(bytes, field);) {
        switch (field.number) {
            case MessageRow::kEventFieldNumber:
                sound = read_sealed(field.bytes, told, sealed);
                break;
            case MessageRow::kMessageIdFieldNumber:
                id = events::Uuid::from_bytes(field.bytes);
                break;
            case MessageRow::kAuthorFieldNumber:
                told.author = static_cast<parlour::conversation::v1::Author>(field.value);
                break;
            case MessageRow::kOfflineFieldNumber:
                told.offline = field.value != 0;
                break;
            default:
                break;
        }
    }
    told.id = id.value_or(events::Uuid{});
    return sound && bytes.empty() && id;
}

// The text among the personal fields of a message's event.
std::string_view text_in(std::string_view personal_fields, bool offline) {
    if (offline) {
        return wire::bytes_of(
            wire::bytes_of(personal_fields, ConversationEvent::kOfflineMessageLeftFieldNumber),
            OfflineMessageLeft::kTextFieldNumber);
    }
    return wire::bytes_of(
        wire::bytes_of(personal_fields, ConversationEvent::kMessageSentFieldNumber),
        MessageSent::kTextFieldNumber);
}

}  // namespace

events::Result<PageEnd> tell_page(const ConversationView& view,
                                  Store& store,
                                  Unsealer& unsealer,
                                  const events::TenantId& tenant,
                                  const events::StreamId& stream,
                                  const PageRequest& request,
                                  const std::function<void(const MessageTold&)>& tell) {
    if (request.limit == 0 || request.limit > kPageMessagesMax) {
        return fail(Errc::kInvalidArgument, "a page holds 1 to 200 messages");
    }
    PageEnd end{.more = false, .cursor = request.after};
    if (request.after.value == std::numeric_limits<std::uint64_t>::max()) return end;
    std::optional<events::Error> error;
    std::size_t told_before = 0;
    const auto visit = [&](std::string_view, std::string_view bytes) {
        end.more = told_before == request.limit;
        if (end.more) return false;
        MessageTold told;
        Unsealer::Sealed sealed;
        if (!read_row(bytes, told, sealed)) {
            error = events::Error{Errc::kDamaged, "a message row does not parse"};
            return false;
        }
        const auto opened = unsealer.open(tenant, stream, sealed);
        if (!opened) {
            error = opened.error();
            return false;
        }
        if (*opened) told.text = text_in(**opened, told.offline);
        tell(told);
        end.cursor = told.version;
        ++told_before;
        return true;
    };
    const auto scanned = store.scan(view,
                                    row_key(kMessageRow, tenant, stream.uuid.view()),
                                    number_key(request.after.value + 1),
                                    visit);
    if (!scanned) return std::unexpected(scanned.error());
    if (error) return std::unexpected(std::move(*error));
    return end;
}

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
    const auto head = find(store, tenant, stream);
    if (!head) return std::unexpected(head.error());
    ConversationPage page{*head, {}, false, request.after};
    Unsealer unsealer(keys, now_ms);
    const auto end = tell_page(
        *this, store, unsealer, tenant, stream, request, [&page](const MessageTold& told) {
            auto& item = page.items.emplace_back(MessageItem{.id = told.id,
                                                             .author = told.author,
                                                             .offline = told.offline,
                                                             .time_unix_ms = told.time_unix_ms,
                                                             .seq = told.seq,
                                                             .version = told.version,
                                                             .text = std::nullopt});
            if (told.text) item.text.emplace(std::string(*told.text));
        });
    if (!end) return std::unexpected(end.error());
    page.more = end->more;
    page.cursor = end->cursor;
    return page;
}

}  // namespace projections

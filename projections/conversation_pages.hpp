#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "projections/conversation_view.hpp"
#include "projections/sealed_event.hpp"

// A page of a conversation as whoever writes it out reads it: message by message, nothing copied.
namespace projections {

// One message; its text is borrowed for the time of the call.
struct MessageTold {
    events::Uuid id;
    parlour::conversation::v1::Author author{};
    bool offline = false;  // left for an expert who could not be reached
    std::int64_t time_unix_ms = 0;
    events::Seq seq;
    events::Version version;
    std::optional<std::string_view> text;  // verbatim; nothing when it was erased
};

struct PageEnd {
    bool more = false;       // messages lie behind the last one told
    events::Version cursor;  // `after` of the next page
};

// Tells the messages of the page, oldest first. Reads the disk; the errors of
// ConversationView::page but for a conversation that is not there, which is an empty page.
events::Result<PageEnd> tell_page(const ConversationView& view,
                                  Store& store,
                                  Unsealer& unsealer,
                                  const events::TenantId& tenant,
                                  const events::StreamId& stream,
                                  const PageRequest& request,
                                  const std::function<void(const MessageTold&)>& tell);

}  // namespace projections

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/access.hpp"
#include "gateway/outcome.hpp"
#include "projections/conversation_lists.hpp"
#include "projections/conversation_pages.hpp"

// Conversations and messages as the API tells them, and places in the log as whoever asks may know
// them (live_position.hpp).
namespace gateway {

// One conversation: who, since when, and how far each side has
// read. `unread` counts for the side of whoever asks; for the company's people it is the expert's.
struct ShownConversation {
    events::Uuid id;
    const projections::ConversationHead& head;
    std::optional<events::Personal> visitor_name;  // as experts know the visitor
    // Whether the company's own server vouches for that; nothing: nobody is told.
    std::optional<bool> visitor_verified{};
};
std::string conversation_json(const ShownConversation& shown,
                              const Principal& principal,
                              const events::TenantKeys& keys);

std::string message_json(const projections::MessageItem& item,
                         const Principal& principal,
                         const events::TenantKeys& keys);
// The same at the end of `json`, for a page of them.
void append_message(const projections::MessageTold& message,
                    const Principal& principal,
                    const events::TenantKeys& keys,
                    std::string& json);

// {"visitor":4,"expert":2}: the versions up to which the sides have read.
std::string read_json(const projections::ConversationHead& head);
// "open", "closed".
std::string_view state_of(const projections::ConversationHead& head);

// The place of a commit as a JSON value: a number, for visitors an opaque text.
std::string place_json(events::Seq seq, const Principal& principal, const events::TenantKeys& keys);

// "text", "audio" or "video"; 400 "mode-invalid".
Outcome<parlour::conversation::v1::ConnectionMode> parse_mode(std::string_view name);

}  // namespace gateway

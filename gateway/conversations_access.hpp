#pragma once

#include <optional>
#include <string>

#include "gateway/access.hpp"
#include "gateway/outcome.hpp"
#include "gateway/services.hpp"
#include "projections/conversation_view.hpp"

// Whose a conversation is, for everybody who shows or follows one.
namespace gateway {

// The id of a conversation in the principal's own tenant; 404 "conversation-not-found" for any
// other text.
Outcome<events::Uuid> conversation_id(const Principal& principal, std::string_view text);

// 404 "conversation-not-found".
std::unexpected<Response> no_such_conversation();

// A conversation that is the principal's to read, as the view has it. One that the view does not
// have yet is waited for, a moment long: it may have been opened just now. 404 for one that is
// nobody's or a stranger's, 403 "not-a-party" for an admin who takes no part in it, 410 for an
// erased one.
net::awaitable<Outcome<projections::ConversationHead>> readable_conversation(
    const Services* services,  // lives as long as the server
    Principal principal,
    events::Uuid conversation);

// The same where an admin may look, too: at everything but the texts.
net::awaitable<Outcome<projections::ConversationHead>> visible_conversation(
    const Services* services, Principal principal, events::Uuid conversation);

// The side that the principal writes for, and as whom. An integrator stands on neither and is
// nobody in particular; 403 "not-an-expert" for a portal user who is no expert.
struct OwnSide {
    parlour::conversation::v1::Author author{};
    std::optional<events::Uuid> party;
};
Outcome<OwnSide> own_side(const Principal& principal);

// Waits for the parameter min_position, in the form that the principal is told positions in.
// Nothing when the views are there; else the refusal.
net::awaitable<std::optional<Response>> wait_for_place(const Services* services,
                                                       Principal principal,
                                                       std::string query);

}  // namespace gateway

#pragma once

#include "events/secret.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"

// What visitors write from the widget: the first message, which opens the conversation with the
// expert, and what has to be so before any message.
namespace gateway {

// The visitor's conversations with one expert are numbered from 0, and number and parties give the
// id: so two first messages at once make one conversation, and a closed one is followed by the
// next.
events::Uuid conversation_number(const events::TenantKeys& keys,
                                 const events::Uuid& visitor,
                                 const events::Uuid& expert,
                                 std::uint64_t number);

// How far back a first message sent again, with its Idempotency-Key, looks for itself: in so many
// conversations with that expert before the newest.
inline constexpr std::uint64_t kBegunLookedBack = 16;
// Conversations that were closed or erased meanwhile are passed over, up to so many.
inline constexpr std::uint64_t kBegunPassedOver = 64;

// Before a visitor's message to that expert: the text is one, the widget shows the expert, who is
// there and takes chats, and the visitor is known on the widget's terms (ensure_visitor). 422 with
// the rule that refuses. Gives whether the message is left for later: the expert is offline.
net::awaitable<Outcome<bool>> admit_message(
    const Services* services,  // lives as long as the server
    Principal visitor,
    events::Uuid expert,
    events::Personal text,
    events::CommandId message);

// POST /api/v1/conversations by a visitor.
net::awaitable<Response> begin_conversation(const Services* services, Call call);

}  // namespace gateway

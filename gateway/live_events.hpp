#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "parlour/conversation/v1/events.pb.h"
#include "projections/sealed_event.hpp"

// What happened in a conversation, as live frames and pages tell it.
namespace gateway {

// "visitor", "expert".
std::string_view name_of(parlour::conversation::v1::Author author);
// "text", "audio", "video"; empty for none.
std::string_view name_of(parlour::conversation::v1::ConnectionMode mode);
// "api", "widget"; empty for none.
std::string_view name_of(parlour::conversation::v1::Channel channel);

// The events of a conversation's commit in order, each as a JSON object: {"type":"message",...};
// empty for one that is told to nobody.
// Texts are unsealed; one whose key is destroyed reads "erased":true. kUnknownSchema, kDamaged,
// kStorage.
events::Result<std::vector<std::string>> conversation_events(const events::OpenedHeader& opened,
                                                             const events::Commit& commit,
                                                             projections::Unsealer& unsealer);

// The same event in an inbox: with the conversation, and what the expert has not read of it now.
struct InboxPlace {
    std::string conversation;  // its public id
    std::uint64_t unread = 0;
    bool closed = false;
};
std::string inbox_event(std::string_view event_json, const InboxPlace& place);

// Somebody is typing: told to who is there, and stored nowhere.
std::string typing_event(parlour::conversation::v1::Author author);

}  // namespace gateway

#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

// What of an event may lie open and what is sealed.
namespace events {

// An aggregate's envelope (e.g. ConversationEvent) in two, each a serialised envelope of its type:
// one with the public fields only, one with the personal fields only, which is empty for an event
// that can have none.
struct SplitEvent {
    std::uint32_t type = 0;  // the event's number in the envelope's oneof; 0 when none is set
    std::string public_fields;
    std::string personal_fields;
};
// The memory of `out` is reused.
void split_event(const google::protobuf::Message& envelope, SplitEvent& out);

}  // namespace events

#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string_view>

#include "parlour/log/v1/record.pb.h"

// The envelope of each kind of stream: the message whose oneof `body` holds that aggregate's
// events. What reads any stream (replay, export, erasure) goes through here; what knows its
// aggregate uses the generated type itself.
namespace schemas {

using StreamKind = parlour::log::v1::StreamKind;

// A fresh, empty envelope, e.g. ConversationEvent. Null for a kind this build does not know: the
// caller stops and reports, it never skips.
std::unique_ptr<google::protobuf::Message> new_envelope(StreamKind kind);

// The message inside the oneof, or null when none is set. Borrowed from `envelope`.
const google::protobuf::Message* event_of(const google::protobuf::Message& envelope);

// The field number of the event that is set in the oneof, 0 when none: CommitHeader's event type.
int event_type_of(const google::protobuf::Message& envelope);

// The three letters that stand for a kind in public ids: "cmp", "exp", "vis", "cnv", "acc" ...; ""
// if unknown.
std::string_view tag_of(StreamKind kind);
// The reverse; STREAM_KIND_UNSPECIFIED for anything else.
StreamKind kind_of_tag(std::string_view tag);

}  // namespace schemas

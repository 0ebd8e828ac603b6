#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "events/ids.hpp"

// The fields of an event as people and scripts read them, by reflection over the schema: a new
// event needs no line here. Public fields come as they are, personal ones as they could be
// unsealed.
namespace ops {

enum class PersonalFields : std::uint8_t { kSealed, kOpen, kErased };

struct EventFields {
    const events::TenantId& tenant;          // public ids begin with it
    const google::protobuf::Message& event;  // with the public fields set
    // With kOpen the event with the personal fields set; null: all of them are empty.
    const google::protobuf::Message* opened = nullptr;
    PersonalFields personal = PersonalFields::kSealed;
};

// {"author":"visitor","text":{"sealed":true}}; enums by their short name, bytes as public id or
// hex.
void append_fields_json(std::string& out, const EventFields& fields);
// author=visitor text=sealed; opened text in quotation marks, with what is unprintable escaped.
void append_fields_text(std::string& out, const EventFields& fields);

}  // namespace ops

#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

// What the schema says of a field or of a value beside its type, for whoever shows events of any
// kind: replay, the analytics feed and its published schemas.
namespace schemas {

// Whether the field holds somebody's personal data. It is then in no commit's readable part.
bool is_personal(const google::protobuf::FieldDescriptor& field);

// The short name of an enum's value: ACTOR_KIND_API_TOKEN -> "api_token"; its number if it has
// none.
std::string short_name(const google::protobuf::EnumDescriptor& type, int number);

}  // namespace schemas

#include "projections/analytics_schema.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <string_view>

#include "parlour/options/v1/options.pb.h"
#include "projections/analytics_event.hpp"
#include "schemas/envelope.hpp"
#include "schemas/marks.hpp"

namespace projections {
namespace {

namespace json = boost::json;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

constexpr std::int64_t kMinuteMs = 60'000;

json::object schema_of_message(const Descriptor& message);

json::object schema_of_text(const FieldDescriptor& field) {
    if (field.type() != FieldDescriptor::TYPE_BYTES) return {{"type", "string"}, {"minLength", 1}};
    const auto& tag = field.options().GetExtension(parlour::options::v1::id_tag);
    const auto before = tag.empty() ? std::string() : tag + "-";
    return {{"type", "string"}, {"pattern", fmt::format("^{}[0-9a-f]{{32}}$", before)}};
}

json::object schema_of_enum(const EnumDescriptor& type) {
    json::array names;
    for (int i = 0; i < type.value_count(); ++i) {
        if (type.value(i)->number() == 0) continue;
        names.emplace_back(schemas::short_name(type, type.value(i)->number()));
    }
    return {{"enum", std::move(names)}};
}

json::object schema_of_value(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
        case FieldDescriptor::CPPTYPE_INT64:
            if (is_analytics_time(field)) {
                return {{"type", "integer"}, {"multipleOf", kMinuteMs}};
            }
            return {{"type", "integer"}};
        case FieldDescriptor::CPPTYPE_UINT32:
        case FieldDescriptor::CPPTYPE_UINT64:
            return {{"type", "integer"}, {"minimum", 0}};
        case FieldDescriptor::CPPTYPE_DOUBLE:
        case FieldDescriptor::CPPTYPE_FLOAT:
            return {{"type", "number"}};
        case FieldDescriptor::CPPTYPE_BOOL:
            return {{"type", "boolean"}};
        case FieldDescriptor::CPPTYPE_ENUM:
            return schema_of_enum(*field.enum_type());
        case FieldDescriptor::CPPTYPE_STRING:
            return schema_of_text(field);
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return schema_of_message(*field.message_type());
    }
    return {};
}

// Whether the feed writes the field also when it is at its default.
bool is_always_there(const FieldDescriptor& field) {
    if (field.is_repeated()) return true;
    return field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM &&
           field.cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
           field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
}

json::object schema_of_message(const Descriptor& message) {
    json::object properties;
    json::array required;
    for (int i = 0; i < message.field_count(); ++i) {
        const FieldDescriptor& field = *message.field(i);
        if (schemas::is_personal(field)) continue;
        auto schema = schema_of_value(field);
        if (field.is_repeated()) schema = {{"type", "array"}, {"items", std::move(schema)}};
        properties.emplace(field.name(), std::move(schema));
        if (is_always_there(field)) required.emplace_back(field.name());
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema.emplace("required", std::move(required));
    return schema;
}

// Every type of event there is, and its message.
std::map<std::string, const Descriptor*> all_types() {
    std::map<std::string, const Descriptor*> types;
    const auto& kinds = *parlour::log::v1::StreamKind_descriptor();
    for (int i = 0; i < kinds.value_count(); ++i) {
        const auto kind = static_cast<schemas::StreamKind>(kinds.value(i)->number());
        const auto envelope = schemas::new_envelope(kind);
        if (!envelope) continue;
        const auto& descriptor = *envelope->GetDescriptor();
        for (int f = 0; f < descriptor.field_count(); ++f) {
            const auto* const event = descriptor.field(f)->message_type();
            types.emplace(analytics_type(*event), event);
        }
    }
    return types;
}

}  // namespace

std::string analytics_schema() {
    std::string text = R"({
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "urn:parlour:schema:analytics",
 "title": "The data of Parlour's analytics events, by their type",
 "$defs": {)";
    std::string_view between = "\n";
    for (const auto& [type, event] : all_types()) {
        json::object schema{{"$id", analytics_schema_uri(type)}};
        for (auto& [name, value] : schema_of_message(*event))
            schema.emplace(name, std::move(value));
        text += fmt::format(
            "{}  {}: {}", between, json::serialize(json::string(type)), json::serialize(schema));
        between = ",\n";
    }
    return text + "\n }\n}\n";
}

}  // namespace projections

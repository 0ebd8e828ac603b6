#include "projections/analytics_schema.hpp"

#include <google/protobuf/descriptor.h>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <memory>

#include "events/crypto.hpp"
#include "projections/analytics_event.hpp"
#include "schemas/envelope.hpp"
#include "schemas/marks.hpp"

namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Sets every field of the message, messages inside it too, personal ones and all.
void fill(Message& message) {
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor& field = *message.GetDescriptor()->field(i);
        const bool many = field.is_repeated();
        switch (field.cpp_type()) {
            case FieldDescriptor::CPPTYPE_STRING:
                many ? reflection.AddString(&message, &field, "canary")
                     : reflection.SetString(&message, &field, "canary");
                break;
            case FieldDescriptor::CPPTYPE_ENUM:
                many ? reflection.AddEnumValue(&message, &field, 1)
                     : reflection.SetEnumValue(&message, &field, 1);
                break;
            case FieldDescriptor::CPPTYPE_MESSAGE:
                fill(many ? *reflection.AddMessage(&message, &field)
                          : *reflection.MutableMessage(&message, &field));
                break;
            case FieldDescriptor::CPPTYPE_UINT64:
                reflection.SetUInt64(&message, &field, 70'000);
                break;
            case FieldDescriptor::CPPTYPE_INT64:
                reflection.SetInt64(&message, &field, 70'000);
                break;
            case FieldDescriptor::CPPTYPE_UINT32:
                reflection.SetUInt32(&message, &field, 7);
                break;
            case FieldDescriptor::CPPTYPE_BOOL:
                reflection.SetBool(&message, &field, true);
                break;
            case FieldDescriptor::CPPTYPE_INT32:
            case FieldDescriptor::CPPTYPE_DOUBLE:
            case FieldDescriptor::CPPTYPE_FLOAT:
                BOOST_FAIL("no event has a field of this type; fill it here");
        }
    }
}

// Calls `visit` with the type and the schema of every event there is, and an envelope that holds
// it.
template <class Visit>
void each_event(Visit visit) {
    const auto& kinds = *parlour::log::v1::StreamKind_descriptor();
    for (int k = 1; k < kinds.value_count(); ++k) {
        const auto kind = static_cast<schemas::StreamKind>(kinds.value(k)->number());
        const auto fields = schemas::new_envelope(kind)->GetDescriptor()->field_count();
        for (int f = 0; f < fields; ++f) {
            const auto envelope = schemas::new_envelope(kind);
            const auto* const field = envelope->GetDescriptor()->field(f);
            auto& event = *envelope->GetReflection()->MutableMessage(envelope.get(), field);
            visit(kind, *envelope, event);
        }
    }
}

// What analytics is told of an event, personal fields left in where sealing would take them out.
json::object told(schemas::StreamKind kind, const Message& envelope) {
    events::OpenedHeader opened;
    opened.meta.stream.kind = kind;
    auto& entry = *opened.header.add_events();
    entry.set_type(static_cast<std::uint32_t>(schemas::event_type_of(envelope)));
    entry.set_public_fields(envelope.SerializeAsString());
    const auto events = projections::analytics_events(opened, projections::Pseudonyms({}));
    BOOST_TEST_REQUIRE(events.has_value());
    return json::parse(events->front().data).as_object();
}

json::object published() {
    std::ifstream file(PARLOUR_SOURCE_DIR "/schemas/analytics.schema.json");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return json::parse(text).as_object().at("$defs").as_object();
}

// The members of `data`, in order, against those of its schema: no other, and all that must be.
void check_members(const json::object& data, const json::object& schema, bool filled) {
    const auto& properties = schema.at("properties").as_object();
    for (const auto& [name, value] : data) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST_REQUIRE(properties.contains(name));
            const auto& property = properties.at(name).as_object();
            if (value.is_object()) check_members(value.as_object(), property, filled);
            if (!value.is_array()) continue;
            BOOST_TEST(property.at("type").as_string() == "array");
            for (const auto& item : value.as_array()) {
                if (!item.is_object()) continue;
                check_members(item.as_object(), property.at("items").as_object(), filled);
            }
        }
    }
    if (filled) BOOST_TEST(data.size() == properties.size());
    if (!schema.contains("required")) return;
    for (const auto& name : schema.at("required").as_array()) {
        BOOST_TEST(data.contains(name.as_string()), name.as_string());
    }
}

}  // namespace

// DESIGN 9
BOOST_AUTO_TEST_SUITE(analytics_schema)

BOOST_AUTO_TEST_CASE(the_published_schema_is_that_of_the_program) {
    std::ifstream file(PARLOUR_SOURCE_DIR "/schemas/analytics.schema.json");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    BOOST_TEST((text == projections::analytics_schema()),
               "run `build/release/parlour schema > schemas/analytics.schema.json`");
}

BOOST_AUTO_TEST_CASE(every_type_of_event_has_a_schema_and_there_is_no_other) {
    const auto schemas = published();
    std::size_t types = 0;
    each_event([&](auto, const Message&, const Message& event) {
        const auto type = projections::analytics_type(*event.GetDescriptor());
        BOOST_TEST(schemas.contains(type), type);
        BOOST_TEST(schemas.at(type).at("$id").as_string() ==
                   projections::analytics_schema_uri(type));
        ++types;
    });
    BOOST_TEST(schemas.size() == types);
    BOOST_TEST(types > 60U);
}

// Goal: schema and feed cannot differ. Each event with all its fields, and with none, is told and
// held against its published schema.
BOOST_AUTO_TEST_CASE(what_is_told_of_each_event_is_what_its_schema_says) {
    const auto schemas = published();
    each_event([&](schemas::StreamKind kind, const Message& envelope, Message& event) {
        const auto type = projections::analytics_type(*event.GetDescriptor());
        BOOST_TEST_CONTEXT(type) {
            check_members(told(kind, envelope), schemas.at(type).as_object(), false);
            fill(event);
            check_members(told(kind, envelope), schemas.at(type).as_object(), true);
        }
    });
}

// Sealing takes personal fields out before this; here they are left in, and still not told.
BOOST_AUTO_TEST_CASE(no_personal_field_is_ever_told) {
    std::size_t personal = 0;
    each_event([&](schemas::StreamKind kind, const Message& envelope, Message& event) {
        fill(event);
        const auto data = told(kind, envelope);
        for (int i = 0; i < event.GetDescriptor()->field_count(); ++i) {
            const auto& field = *event.GetDescriptor()->field(i);
            if (!schemas::is_personal(field)) continue;
            ++personal;
            BOOST_TEST(!data.contains(field.name()), field.full_name());
        }
    });
    BOOST_TEST(personal > 20U);
}

BOOST_AUTO_TEST_SUITE_END()

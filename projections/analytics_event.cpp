#include "projections/analytics_event.hpp"

#include <google/protobuf/descriptor.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <optional>

#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "parlour/options/v1/options.pb.h"
#include "projections/sealed_event.hpp"
#include "schemas/envelope.hpp"
#include "schemas/marks.hpp"

namespace projections {
namespace {

namespace json = boost::json;
using events::Result;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::int64_t kMinuteMs = 60'000;

std::string short_hex(const events::Digest& digest) {
    return events::to_hex(events::id_from<events::Uuid>(digest).view());
}

// An event's public fields as JSON. Ids and texts that are empty, and enums that say nothing, are
// left out; numbers, booleans and lists always stand there.
class DataWriter {
  public:
    explicit DataWriter(const Pseudonyms& pseudonyms) : pseudonyms_(pseudonyms) {}

    json::object fields(const Message& message) {
        json::object object;
        const auto& descriptor = *message.GetDescriptor();
        const auto& reflection = *message.GetReflection();
        for (int i = 0; i < descriptor.field_count(); ++i) {
            const FieldDescriptor& field = *descriptor.field(i);
            if (schemas::is_personal(field)) continue;
            if (field.is_repeated()) {
                json::array items;
                for (int at = 0; at < reflection.FieldSize(message, &field); ++at) {
                    if (auto item = value(message, field, at)) items.push_back(*std::move(item));
                }
                object.emplace(field.name(), std::move(items));
            } else if (auto one = value(message, field, std::nullopt)) {
                object.emplace(field.name(), *std::move(one));
            }
        }
        return object;
    }

  private:
    // The field's value, or its item at `at`; nothing when it says nothing.
    std::optional<json::value> value(const Message& message,
                                     const FieldDescriptor& field,
                                     std::optional<int> at) {
        const auto& reflection = *message.GetReflection();
        switch (field.cpp_type()) {
            case FieldDescriptor::CPPTYPE_INT32:
                return at ? reflection.GetRepeatedInt32(message, &field, *at)
                          : reflection.GetInt32(message, &field);
            case FieldDescriptor::CPPTYPE_INT64:
                return number(field,
                              at ? reflection.GetRepeatedInt64(message, &field, *at)
                                 : reflection.GetInt64(message, &field));
            case FieldDescriptor::CPPTYPE_UINT32:
                return at ? reflection.GetRepeatedUInt32(message, &field, *at)
                          : reflection.GetUInt32(message, &field);
            case FieldDescriptor::CPPTYPE_UINT64:
                return at ? reflection.GetRepeatedUInt64(message, &field, *at)
                          : reflection.GetUInt64(message, &field);
            case FieldDescriptor::CPPTYPE_DOUBLE:
                return at ? reflection.GetRepeatedDouble(message, &field, *at)
                          : reflection.GetDouble(message, &field);
            case FieldDescriptor::CPPTYPE_FLOAT:
                return at ? reflection.GetRepeatedFloat(message, &field, *at)
                          : reflection.GetFloat(message, &field);
            case FieldDescriptor::CPPTYPE_BOOL:
                return at ? reflection.GetRepeatedBool(message, &field, *at)
                          : reflection.GetBool(message, &field);
            case FieldDescriptor::CPPTYPE_ENUM:
                return word(field,
                            at ? reflection.GetRepeatedEnumValue(message, &field, *at)
                               : reflection.GetEnumValue(message, &field));
            case FieldDescriptor::CPPTYPE_STRING:
                return text(field,
                            at ? reflection.GetRepeatedString(message, &field, *at)
                               : reflection.GetString(message, &field));
            case FieldDescriptor::CPPTYPE_MESSAGE:
                if (!at && !reflection.HasField(message, &field)) return std::nullopt;
                return fields(at ? reflection.GetRepeatedMessage(message, &field, *at)
                                 : reflection.GetMessage(message, &field));
        }
        return std::nullopt;
    }

    static json::value number(const FieldDescriptor& field, std::int64_t value) {
        return is_analytics_time(field) ? analytics_time(value) : value;
    }

    static std::optional<json::value> word(const FieldDescriptor& field, int number) {
        if (number == 0) return std::nullopt;
        return json::string(schemas::short_name(*field.enum_type(), number));
    }

    std::optional<json::value> text(const FieldDescriptor& field, const std::string& value) {
        if (value.empty()) return std::nullopt;
        if (field.type() != FieldDescriptor::TYPE_BYTES) return json::string(value);
        const auto& tag = field.options().GetExtension(parlour::options::v1::id_tag);
        return json::string(tag.empty() ? pseudonyms_.of(value) : pseudonyms_.of(value, tag));
    }

    const Pseudonyms& pseudonyms_;
};

// MessageSent -> message-sent
std::string with_hyphens(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital && !text.empty()) text.push_back('-');
        text.push_back(capital ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return text;
}

AnalyticsEvent event_of(const events::CommitMeta& meta,
                        int index,
                        const Message& event,
                        const Pseudonyms& pseudonyms) {
    auto type = analytics_type(*event.GetDescriptor());
    auto schema = analytics_schema_uri(type);
    AnalyticsEvent made;
    made.attributes = {
        {"specversion", "1.0"},
        {"id", pseudonyms.of_event(meta.tenant, meta.seq, index)},
        {"source", "/tenants/" + events::to_text(meta.tenant)},
        {"type", std::move(type)},
        {"subject", pseudonyms.of(meta.stream.uuid.view(), schemas::tag_of(meta.stream.kind))},
        {"time", events::format_time(analytics_time(meta.time_unix_ms))},
        {"datacontenttype", "application/json"},
        {"dataschema", std::move(schema)},
        {"partitionkey", events::to_text(meta.tenant)},
        {"actorkind",
         schemas::short_name(*parlour::log::v1::ActorKind_descriptor(), meta.actor_kind)}};
    if (meta.actor) made.attributes.emplace_back("actor", pseudonyms.of(meta.actor->view()));
    made.data = json::serialize(DataWriter(pseudonyms).fields(event));
    return made;
}

}  // namespace

std::int64_t analytics_time(std::int64_t time_unix_ms) {
    return time_unix_ms - ((time_unix_ms % kMinuteMs) + kMinuteMs) % kMinuteMs;
}

bool is_analytics_time(const FieldDescriptor& field) {
    return field.name().ends_with("_unix_ms");
}

std::string Pseudonyms::of(std::string_view id) const {
    return short_hex(events::keyed_hash(key_, {"id", id}));
}

std::string Pseudonyms::of(std::string_view id, std::string_view tag) const {
    return std::string(tag).append("-").append(of(id));
}

std::string Pseudonyms::of_event(const events::TenantId& tenant, events::Seq seq, int index) const {
    std::string place;
    events::append_number(place, seq.value);
    events::append_number(place, static_cast<std::uint32_t>(index));
    return short_hex(events::keyed_hash(key_, {"event", tenant.view(), place}));
}

Result<std::vector<AnalyticsEvent>> analytics_events(const events::OpenedHeader& opened,
                                                     const Pseudonyms& pseudonyms) {
    const auto envelope = schemas::new_envelope(opened.meta.stream.kind);
    if (!envelope) return events::fail(events::Errc::kUnknownSchema, "a stream of a newer program");
    std::vector<AnalyticsEvent> all;
    all.reserve(static_cast<std::size_t>(opened.header.events_size()));
    for (int i = 0; i < opened.header.events_size(); ++i) {
        if (auto read = read_event(opened, i, *envelope); !read) {
            return std::unexpected(std::move(read.error()));
        }
        all.push_back(event_of(opened.meta, i, *schemas::event_of(*envelope), pseudonyms));
    }
    return all;
}

std::string structured_json(const AnalyticsEvent& event) {
    std::string text = "{";
    for (const auto& [name, value] : event.attributes) {
        text.append("\"").append(name).append("\":").append(json::serialize(json::string(value)));
        text.push_back(',');
    }
    return text.append("\"data\":").append(event.data).append("}");
}

std::string analytics_type(const google::protobuf::Descriptor& event) {
    const std::string& package = event.file()->package();  // "parlour.conversation.v1"
    const auto version = package.rfind('.');
    return package.substr(0, version + 1) + with_hyphens(event.name()) + package.substr(version);
}

std::string analytics_schema_uri(std::string_view type) {
    return std::string("urn:parlour:schema:").append(type);
}

}  // namespace projections

#include "ops/replay_fields.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <iterator>

#include "ops/printable.hpp"
#include "parlour/options/v1/options.pb.h"
#include "schemas/marks.hpp"

namespace ops {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

enum class Style : std::uint8_t { kJson, kText };

class Writer {
  public:
    Writer(std::string& out, const events::TenantId& tenant, Style style)
        : out_(out), tenant_(tenant), style_(style) {}

    // `opened` is what holds the personal fields; null: they are empty.
    void fields(const Message& message, const Message* opened, PersonalFields personal) {
        const auto& descriptor = *message.GetDescriptor();
        if (style_ == Style::kJson) out_.push_back('{');
        for (int i = 0; i < descriptor.field_count(); ++i) {
            const FieldDescriptor& field = *descriptor.field(i);
            if (i > 0) out_.push_back(style_ == Style::kJson ? ',' : ' ');
            name(field);
            if (!schemas::is_personal(field)) {
                value(message, field);
            } else if (personal == PersonalFields::kOpen) {
                const Message& empty =
                    *google::protobuf::MessageFactory::generated_factory()->GetPrototype(
                        &descriptor);
                value(opened == nullptr ? empty : *opened, field);
            } else {
                mark(personal);
            }
        }
        if (style_ == Style::kJson) out_.push_back('}');
    }

  private:
    void name(const FieldDescriptor& field) {
        if (style_ == Style::kJson) {
            out_.append("\"").append(field.name()).append("\":");
        } else {
            out_.append(field.name()).append("=");
        }
    }

    void mark(PersonalFields personal) {
        const std::string_view word = personal == PersonalFields::kErased ? "erased" : "sealed";
        if (style_ == Style::kJson) {
            out_.append("{\"").append(word).append("\":true}");
        } else {
            out_.append(word);
        }
    }

    void value(const Message& message, const FieldDescriptor& field) {
        if (!field.is_repeated()) {
            single(message, field, -1);
            return;
        }
        const int count = message.GetReflection()->FieldSize(message, &field);
        out_.push_back('[');
        for (int i = 0; i < count; ++i) {
            if (i > 0) out_.push_back(',');
            single(message, field, i);
        }
        out_.push_back(']');
    }

    // `index` is -1 for a field that is not repeated.
    void single(const Message& message, const FieldDescriptor& field, int index) {
        const auto& reflection = *message.GetReflection();
        const bool one = index < 0;
        switch (field.cpp_type()) {
            case FieldDescriptor::CPPTYPE_INT32:
                number(one ? reflection.GetInt32(message, &field)
                           : reflection.GetRepeatedInt32(message, &field, index));
                return;
            case FieldDescriptor::CPPTYPE_INT64:
                number(one ? reflection.GetInt64(message, &field)
                           : reflection.GetRepeatedInt64(message, &field, index));
                return;
            case FieldDescriptor::CPPTYPE_UINT32:
                number(one ? reflection.GetUInt32(message, &field)
                           : reflection.GetRepeatedUInt32(message, &field, index));
                return;
            case FieldDescriptor::CPPTYPE_UINT64:
                number(one ? reflection.GetUInt64(message, &field)
                           : reflection.GetRepeatedUInt64(message, &field, index));
                return;
            case FieldDescriptor::CPPTYPE_DOUBLE:
                number(one ? reflection.GetDouble(message, &field)
                           : reflection.GetRepeatedDouble(message, &field, index));
                return;
            case FieldDescriptor::CPPTYPE_FLOAT:
                number(one ? reflection.GetFloat(message, &field)
                           : reflection.GetRepeatedFloat(message, &field, index));
                return;
            case FieldDescriptor::CPPTYPE_BOOL:
                out_.append((one ? reflection.GetBool(message, &field)
                                 : reflection.GetRepeatedBool(message, &field, index))
                                ? "true"
                                : "false");
                return;
            case FieldDescriptor::CPPTYPE_ENUM:
                word(schemas::short_name(
                    *field.enum_type(),
                    one ? reflection.GetEnumValue(message, &field)
                        : reflection.GetRepeatedEnumValue(message, &field, index)));
                return;
            case FieldDescriptor::CPPTYPE_STRING: {
                std::string scratch;
                text(field,
                     one ? reflection.GetStringReference(message, &field, &scratch)
                         : reflection.GetRepeatedStringReference(message, &field, index, &scratch));
                return;
            }
            case FieldDescriptor::CPPTYPE_MESSAGE:
                nested(one ? reflection.GetMessage(message, &field)
                           : reflection.GetRepeatedMessage(message, &field, index));
                return;
        }
    }

    template <class Number>
    void number(Number number) {
        fmt::format_to(std::back_inserter(out_), "{}", number);
    }

    void word(std::string_view plain) {
        if (style_ == Style::kJson) out_.push_back('"');
        out_.append(plain);
        if (style_ == Style::kJson) out_.push_back('"');
    }

    void text(const FieldDescriptor& field, const std::string& value) {
        if (field.type() == FieldDescriptor::TYPE_BYTES) {
            bytes(field, value);
        } else if (style_ == Style::kJson) {
            append_json_string(out_, value);
        } else {
            out_.push_back('"');
            append_printable(out_, value);
            out_.push_back('"');
        }
    }

    void bytes(const FieldDescriptor& field, const std::string& value) {
        const std::string& tag = field.options().GetExtension(parlour::options::v1::id_tag);
        const auto uuid = events::Uuid::from_bytes(value);
        if (!tag.empty() && uuid) {
            word(events::public_id(tenant_, tag, *uuid));
        } else {
            word(events::to_hex(value));
        }
    }

    // Personal fields are taken out of an event's own fields; a message inside holds public ones.
    void nested(const Message& message) {
        if (style_ == Style::kText) out_.push_back('(');
        fields(message, nullptr, PersonalFields::kSealed);
        if (style_ == Style::kText) out_.push_back(')');
    }

    std::string& out_;
    const events::TenantId& tenant_;
    const Style style_;
};

}  // namespace

void append_fields_json(std::string& out, const EventFields& fields) {
    Writer(out, fields.tenant, Style::kJson).fields(fields.event, fields.opened, fields.personal);
}

void append_fields_text(std::string& out, const EventFields& fields) {
    Writer(out, fields.tenant, Style::kText).fields(fields.event, fields.opened, fields.personal);
}

}  // namespace ops

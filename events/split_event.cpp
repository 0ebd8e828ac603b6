#include "events/split_event.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "events/wiped.hpp"
#include "events/wire.hpp"
#include "parlour/options/v1/options.pb.h"

namespace events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_personal(const FieldDescriptor& field) {
    const auto data = field.options().GetExtension(parlour::options::v1::data);
    return data != parlour::options::v1::DATA_UNSPECIFIED &&
           data != parlour::options::v1::DATA_PUBLIC;
}

// The numbers of an event's personal fields. `type` is the event's number in the envelope's oneof;
// none for a number that the envelope does not have.
const std::vector<std::uint32_t>& personal_fields_of(const Descriptor* envelope,
                                                     std::uint32_t type) {
    using Key = std::pair<const Descriptor*, std::uint32_t>;
    struct HashKey {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<const Descriptor*>{}(key.first) * 31U + key.second;
        }
    };
    // One a thread: found once, and then without a lock.
    thread_local std::unordered_map<Key, std::vector<std::uint32_t>, HashKey> known;
    const auto [found, fresh] = known.try_emplace(Key{envelope, type});
    if (!fresh) return found->second;
    const auto* const field = envelope->FindFieldByNumber(static_cast<int>(type));
    const auto* const event = field == nullptr ? nullptr : field->message_type();
    for (int i = 0; event != nullptr && i < event->field_count(); ++i) {
        if (is_personal(*event->field(i))) {
            found->second.push_back(static_cast<std::uint32_t>(event->field(i)->number()));
        }
    }
    return found->second;
}

void serialize(const Message& message, std::string& out) {
    out.resize(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()));
}

}  // namespace

void split_event(const Message& envelope, SplitEvent& out) {
    thread_local std::string all;
    const Wiped wiped(all);
    serialize(envelope, all);
    out.type = 0;
    out.public_fields.clear();
    out.personal_fields.clear();
    std::string_view rest = all;
    wire::Field event;
    if (!wire::take_field(rest, event)) return;
    out.type = event.number;
    const auto& personal = personal_fields_of(envelope.GetDescriptor(), event.number);
    if (personal.empty()) {
        out.public_fields = all;
        return;
    }
    thread_local std::string kept;
    thread_local std::string taken;
    const Wiped wiped_taken(taken);
    kept.clear();
    taken.clear();
    for (wire::Field field; wire::take_field(event.bytes, field);) {
        const bool is_taken = std::ranges::find(personal, field.number) != personal.end();
        (is_taken ? taken : kept).append(field.whole);
    }
    wire::put_message(out.public_fields, static_cast<int>(event.number), kept);
    wire::put_message(out.personal_fields, static_cast<int>(event.number), taken);
}

}  // namespace events

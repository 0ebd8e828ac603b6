#include "projections/subject_index.hpp"

#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <string>

#include "parlour/mail/v1/events.pb.h"
#include "parlour/options/v1/options.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"
#include "schemas/envelope.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using parlour::mail::v1::MailEvent;

constexpr char kSubjectRow = 's';
constexpr std::array<std::string_view, 3> kPersonTags{"vis", "exp", "acc"};

bool is_person(std::string_view tag) {
    return std::ranges::find(kPersonTags, tag) != kPersonTags.end();
}

// A mail says in a field of its own what its recipient is.
std::string_view recipient_tag(const MailEvent& event) {
    switch (event.mail_queued().recipient_kind()) {
        case parlour::mail::v1::RECIPIENT_KIND_ACCOUNT:
            return "acc";
        case parlour::mail::v1::RECIPIENT_KIND_EXPERT:
            return "exp";
        case parlour::mail::v1::RECIPIENT_KIND_VISITOR:
            return "vis";
        default:
            return "";
    }
}

// Accounts hold addresses in the platform's tenant; in a company's, experts hold slugs.
std::string_view holder_tag(const events::TenantId& tenant) {
    return tenant == events::kPlatformTenant ? "acc" : "exp";
}

class Naming {
  public:
    Naming(const Committed& committed, Rows& rows) : meta_(committed.opened.meta), rows_(rows) {}

    void add(std::string_view tag, std::string_view person) {
        if (!is_person(tag) || person.size() != events::Uuid::kSize) return;
        const char kind = static_cast<char>(meta_.stream.kind);
        rows_.put(row_key(kSubjectRow,
                          meta_.tenant,
                          std::string(tag).append(person),
                          std::string(1, kind).append(meta_.stream.uuid.view())),
                  {});
    }

  private:
    const events::CommitMeta& meta_;
    Rows& rows_;
};

void add_field(const Message& event,
               const FieldDescriptor& field,
               std::string_view tag,
               Naming& naming) {
    const auto* const reflection = event.GetReflection();
    if (!field.is_repeated()) return naming.add(tag, reflection->GetString(event, &field));
    for (int i = 0; i < reflection->FieldSize(event, &field); ++i) {
        naming.add(tag, reflection->GetRepeatedString(event, &field, i));
    }
}

}  // namespace

const SubjectIndex::EventType* SubjectIndex::type_of(events::StreamKind kind, std::uint32_t type) {
    const auto found = known_.find({kind, type});
    if (found != known_.end()) return &found->second;
    const auto envelope = schemas::new_envelope(kind);
    if (envelope == nullptr) return nullptr;
    const auto* const body = envelope->GetDescriptor()->FindFieldByNumber(static_cast<int>(type));
    if (body == nullptr || body->message_type() == nullptr) return nullptr;
    EventType known;
    const auto* const event = body->message_type();
    for (int i = 0; i < event->field_count(); ++i) {
        const FieldDescriptor* const field = event->field(i);
        const auto& tag = field->options().GetExtension(parlour::options::v1::id_tag);
        if (is_person(tag) && !field->is_repeated())
            known.fields.push_back({.field = field, .tag = tag});
    }
    known.names_somebody = !known.fields.empty() ||
                           event == parlour::mail::v1::MailQueued::descriptor() ||
                           event == parlour::reservation::v1::Reserved::descriptor();
    return &known_.emplace(std::pair(kind, type), std::move(known)).first->second;
}

events::Status SubjectIndex::apply(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    Naming naming(committed, rows);
    if (meta.first_version == events::Version{1}) {
        naming.add(schemas::tag_of(meta.stream.kind), meta.stream.uuid.view());
    }
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        const auto* const type =
            type_of(meta.stream.kind, committed.opened.header.events(i).type());
        if (type == nullptr) return fail(Errc::kUnknownSchema, "an event of an unknown type");
        if (!type->names_somebody) continue;
        const auto envelope = schemas::new_envelope(meta.stream.kind);
        if (auto read = read_event(committed, i, *envelope); !read) return read;
        const Message& event = *schemas::event_of(*envelope);
        for (const auto& [field, tag] : type->fields) {
            add_field(event, *field, tag, naming);
        }
        if (meta.stream.kind == parlour::log::v1::STREAM_KIND_MAIL) {
            const auto& mail = static_cast<const MailEvent&>(*envelope);
            naming.add(recipient_tag(mail), mail.mail_queued().recipient_id());
        }
        if (meta.stream.kind == parlour::log::v1::STREAM_KIND_RESERVATION) {
            const auto& reservation =
                static_cast<const parlour::reservation::v1::ReservationEvent&>(*envelope);
            naming.add(holder_tag(meta.tenant), reservation.reserved().holder_id());
        }
    }
    return {};
}

events::Result<std::vector<events::StreamId>> SubjectIndex::streams_of(
    Store& store, const events::TenantId& tenant, const Subject& subject) const {
    std::vector<events::StreamId> streams;
    bool damaged = false;
    const auto prefix =
        row_key(kSubjectRow, tenant, std::string(subject.tag).append(subject.id.view()));
    const auto scanned = store.scan(*this, prefix, {}, [&](std::string_view key, std::string_view) {
        key.remove_prefix(prefix.size());
        const auto uuid = key.empty() ? std::nullopt : events::Uuid::from_bytes(key.substr(1));
        damaged = !uuid;
        if (uuid) {
            const auto kind = static_cast<unsigned char>(key.front());
            streams.push_back({.kind = static_cast<events::StreamKind>(kind), .uuid = *uuid});
        }
        return !damaged;
    });
    if (!scanned) return std::unexpected(scanned.error());
    if (damaged) return fail(Errc::kDamaged, "a row of the subject index has a wrong key");
    return streams;
}

}  // namespace projections

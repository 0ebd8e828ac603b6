#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

// A person as streams name one: by the tag of the public id and its uuid.
struct Subject {
    std::string_view tag;  // "vis", "exp" or "acc"
    events::Uuid id;
};

// Which streams of a company name which person: what the erasure of that person reaches. It goes by
// the schema alone (fields with an id_tag), so an event of a new type is in it from its first day;
// but for mails and reservations, whose recipient or holder may be one of several kinds.
// Rows: 's' tenant 8 | tag 3 | person 16 | stream kind 1 | stream 16 -> nothing
class SubjectIndex final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "subject-index"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Every stream that names the person, the person's own among them; by kind, then id. Any
    // thread; reads the disk; kDamaged, kStorage.
    events::Result<std::vector<events::StreamId>> streams_of(Store& store,
                                                             const events::TenantId& tenant,
                                                             const Subject& subject) const;

  private:
    struct NamingField {
        const google::protobuf::FieldDescriptor* field;
        std::string_view tag;
    };
    struct EventType {
        bool names_somebody = false;  // most do not, and need not be read
        std::vector<NamingField> fields;
    };
    // Null for a kind of stream or type of event that this build does not know.
    const EventType* type_of(events::StreamKind kind, std::uint32_t type);

    // By kind and type; found once for each.
    std::map<std::pair<events::StreamKind, std::uint32_t>, EventType> known_;
};

}  // namespace projections

#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/secret.hpp"

// From a commit to what analytics is told of it: one CloudEvents 1.0 event for each of its events,
// public fields only, ids replaced by pseudonyms, times cut to the minute (DESIGN 9). Pure: it
// knows no log, no ring and no clock, and a new event needs no line here. What the data of a type
// looks like is published: analytics_schema.hpp.
namespace projections {

// Replaces ids by others that only the holder of the key can make, and nobody can turn back.
class Pseudonyms {
  public:
    explicit Pseudonyms(const events::Key256& key) : key_(key) {}

    // 32 hex digits for the bytes of an id; equal ids have equal ones, whatever their tags.
    [[nodiscard]] std::string of(std::string_view id) const;
    // The same with the tag in front: "vis-4f...02".
    [[nodiscard]] std::string of(std::string_view id, std::string_view tag) const;
    // The name of one event in the feed, the same each time it is told.
    [[nodiscard]] std::string of_event(const events::TenantId& tenant,
                                       events::Seq seq,
                                       int index) const;

  private:
    events::Key256 key_;
};

struct AnalyticsEvent {
    // Context attributes by their names, extensions behind the rest; in JSON and in Kafka's headers
    // (there with "ce_" before the name) alike.
    std::vector<std::pair<std::string_view, std::string>> attributes;
    std::string data;  // a JSON object
};

// The events of a commit, in their order. `pseudonyms` are those of the commit's week.
// kUnknownSchema for an event of a newer program: the reader stops, it never skips; kDamaged.
events::Result<std::vector<AnalyticsEvent>> analytics_events(const events::OpenedHeader& opened,
                                                             const Pseudonyms& pseudonyms);

// The whole event as one JSON object, in the structured mode of CloudEvents.
std::string structured_json(const AnalyticsEvent& event);

// "parlour.conversation.message-sent.v1": package, name and version of an event's message. Stable.
std::string analytics_type(const google::protobuf::Descriptor& event);
// The URI of the type's schema.
std::string analytics_schema_uri(std::string_view type);
// The time as analytics is told it: cut to the minute.
std::int64_t analytics_time(std::int64_t time_unix_ms);
// Whether the field is a time, in milliseconds, that is cut to the minute.
bool is_analytics_time(const google::protobuf::FieldDescriptor& field);

}  // namespace projections

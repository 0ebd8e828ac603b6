#pragma once

#include <memory>
#include <string>

#include "events/feed_places.hpp"
#include "events/kafka_client.hpp"

// Places as the offsets that a consumer group has committed: kept by the brokers, and shown by
// Kafka's own tools as the group's lag. Nobody is a member of the group.
namespace events {

// The brokers forget a place that nobody has put for so long (offsets.retention.minutes, unless set
// otherwise).
inline constexpr int kPlacesKeptDays = 7;

struct KafkaPlacesOptions {
    KafkaConnection connection;
    std::string topic = "parlour.events";  // whose offsets they are
    std::string group = "parlour.publisher";
};

// Does not wait for a broker. kInvalidArgument as kafka::make_conf.
Result<std::unique_ptr<FeedPlaces>> open_kafka_places(const KafkaPlacesOptions& options);

// The claim of a place as it stands beside its offset, "TERM CLAIM", and back. Nothing for a text
// that is none.
std::string claim_text(const FeedPlace& place);
std::optional<ClaimRef> claim_from(std::string_view text);

}  // namespace events

#pragma once

#include <memory>
#include <string>

#include "events/feed_sink.hpp"
#include "events/kafka_client.hpp"

// A sink that is a Kafka topic: idempotent, acknowledged by every replica in sync, for as long as
// it takes. A broker that is away makes it wait, not fail.
namespace events {

class KafkaFeed final : public FeedSink {
  public:
    // Does not wait for a broker. kInvalidArgument: the connection's settings cannot be used.
    static Result<std::unique_ptr<KafkaFeed>> open(const KafkaConnection& connection,
                                                   const std::string& topic);
    // Forgets what has not arrived.
    ~KafkaFeed() override;

    Status send(const FeedMessage& message) override;
    Status flush() override;
    void abort() override;

  private:
    struct Impl;
    explicit KafkaFeed(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace events

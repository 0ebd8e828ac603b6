#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/kafka_client.hpp"

// Sends records to partitions of a few topics, in order, without gaps, each once: Kafka's
// idempotent producer with every replica's acknowledgement. It ends with its first failure, for
// nothing may follow a record whose fate is unknown (F6); whoever uses it makes a new one and
// claims again. It does not report success, nor that a record takes long: that is what reading back
// is for.
namespace events::kafka {

// What it tells the library, beside the connection.
std::vector<Setting> producer_settings(int requests_in_flight);

class Producer {
  public:
    struct Options {
        KafkaConnection connection;
        std::vector<std::string> topics;
        int requests_in_flight = 5;
        // Told once, on a thread of the producer's: it has failed, and so has what was sent and not
        // read back yet. Must not block.
        std::function<void(const Error&)> on_failure;
    };
    // Does not wait for a broker. kInvalidArgument.
    static Result<std::unique_ptr<Producer>> open(Options options);
    // Forgets what was not sent yet; what is under way may still land.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // Hands a record over; the bytes are copied. `topic` counts as in the options. Any thread, but
    // records of one partition in their order. kUnavailable: it was not taken.
    Status send(std::size_t topic,
                Partition partition,
                const RecordKey& key,
                std::string_view frame);

  private:
    struct Impl;
    explicit Producer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace events::kafka

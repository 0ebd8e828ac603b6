#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/kafka_client.hpp"

// What the bare Kafka client does against a broker: the floors of the benchmarks on one. Client and
// topic have the very settings of ours; nothing else of ours is in here.
namespace bench {

class KafkaFloor {
  public:
    // Of a topic that holds nothing, with twice as many partitions: the upper half is for
    // produce(). Does not wait for a broker.
    static events::Result<std::unique_ptr<KafkaFloor>> open(
        const events::KafkaConnection& connection,
        const std::string& topic,
        std::uint16_t partitions);
    ~KafkaFloor();
    KafkaFloor(const KafkaFloor&) = delete;
    KafkaFloor& operator=(const KafkaFloor&) = delete;

    struct Load {
        const std::vector<std::string>& values;
        std::size_t in_flight = 1;  // in each partition
        std::chrono::duration<double> duration{1};
    };
    // Records a second, each one read back before the next takes its place. One thread beside those
    // of the library. kUnavailable: nothing came for half a minute.
    events::Result<double> run(const Load& load, std::vector<double>* latencies_ms);
    // The same, but the brokers' acknowledgement is enough.
    events::Result<double> produce(const Load& load);

  private:
    struct Impl;
    explicit KafkaFloor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace bench

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/kafka_client.hpp"

// Reads partitions of a few topics from given offsets on, in order, each record's checksum
// checked. It keeps no offsets at the broker and belongs to no group.
namespace events::kafka {

// What it tells the library, beside the connection.
std::vector<Setting> consumer_settings();

class Consumer {
  public:
    // Does not wait for a broker.
    static Result<std::unique_ptr<Consumer>> open(const KafkaConnection& connection,
                                                  std::vector<std::string> topics);
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // What the cluster says, waiting so long at most. `topic` counts as in open(). kUnavailable: no
    // broker answered; kNotFound: there is no such topic. Any thread.
    Result<std::string> cluster_id(std::chrono::milliseconds wait);
    Result<std::uint16_t> partitions(std::size_t topic, std::chrono::milliseconds wait);
    // One past the last offset of each partition.
    Result<std::vector<Offset>> ends(std::size_t topic,
                                     std::uint16_t partitions,
                                     std::chrono::milliseconds wait);

    // Begins with a partition. Once for each.
    Status start(std::size_t topic, Partition partition, Offset from);

    struct Arrived {
        std::size_t topic;
        Partition partition;
        Offset offset;
        std::string_view key;    // valid inside the call only, as the frame
        std::string_view frame;  // empty for a null
        bool is_null;
    };
    struct Visitor {
        std::function<void(const Arrived&)> record;
        // All up to before `next` was given, and there is no more for now.
        std::function<void(std::size_t topic, Partition partition, Offset next)> at_end;
    };
    // Gives what has arrived, waiting so long at most for the first. One thread. kDamaged: the
    // broker no longer has what was read before, or gives bytes whose checksum is wrong; kStorage:
    // the topic is gone, or may not be read. All are final.
    Status poll(std::chrono::milliseconds wait, const Visitor& visitor);
    // Records of the topic that the brokers have told of and poll() has not given yet. Any thread.
    [[nodiscard]] std::uint64_t behind(std::size_t topic) const;
    // Ends the wait of poll(). Any thread.
    void wake();

  private:
    struct Impl;
    explicit Consumer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace events::kafka

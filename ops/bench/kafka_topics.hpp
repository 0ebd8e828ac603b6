#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "events/kafka_admin.hpp"

namespace bench {

// Topics of a benchmark's own on somebody's cluster, with the settings of the log's; gone again at
// the end.
class KafkaTopics {
  public:
    // NAME.events with so many partitions and NAME.floor with twice as many. As KafkaAdmin reports.
    static events::Result<KafkaTopics> make(const events::KafkaConnection& connection,
                                            std::uint16_t partitions);
    ~KafkaTopics();
    KafkaTopics(KafkaTopics&& other) noexcept;
    KafkaTopics& operator=(KafkaTopics&&) = delete;
    KafkaTopics(const KafkaTopics&) = delete;
    KafkaTopics& operator=(const KafkaTopics&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string floor() const { return name_ + ".floor"; }

  private:
    KafkaTopics(events::KafkaAdmin admin, std::string name)
        : admin_(std::move(admin)), name_(std::move(name)) {}

    events::KafkaAdmin admin_;
    std::string name_;  // empty: moved from
};

// "kafka" in the report: how the cluster keeps what it acknowledges.
inline constexpr std::string_view kDurableOnKafka =
    "acknowledged by all replicas, read back from the broker under the fence";

}  // namespace bench

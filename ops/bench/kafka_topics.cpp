#include "ops/bench/kafka_topics.hpp"

#include <utility>

#include "events/crypto.hpp"
#include "events/ids.hpp"

namespace bench {

events::Result<KafkaTopics> KafkaTopics::make(const events::KafkaConnection& connection,
                                              std::uint16_t partitions) {
    auto admin = events::KafkaAdmin::connect(connection);
    if (!admin) return std::unexpected(admin.error());
    const auto cluster = admin->describe({});
    if (!cluster) return std::unexpected(cluster.error());
    const auto id = events::random_id<events::Uuid>();
    KafkaTopics topics(*std::move(admin), "parlour-bench-" + events::to_hex(id.view()));
    const auto log = topics.name() + ".events";
    const auto floor = topics.floor();
    auto wanted =
        events::topics_wanted({.partitions = partitions}, static_cast<int>(cluster->brokers.size()))
            .front();
    wanted.name = log;
    auto floor_wanted = wanted;
    floor_wanted.name = floor;
    floor_wanted.partitions *= 2;
    if (auto made = topics.admin_.make({wanted, floor_wanted}, {}); !made) {
        return std::unexpected(made.error());
    }
    return topics;
}

KafkaTopics::KafkaTopics(KafkaTopics&& other) noexcept
    : admin_(std::move(other.admin_)), name_(std::exchange(other.name_, {})) {}

KafkaTopics::~KafkaTopics() {
    if (!name_.empty()) static_cast<void>(admin_.remove({name_ + ".events", floor()}));
}

}  // namespace bench

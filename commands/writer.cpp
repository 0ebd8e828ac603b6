#include "commands/writer.hpp"

#include <future>
#include <string>
#include <utility>

namespace commands {

Writer::Writer(std::uint16_t partitions,
               const PartitionServices& services,
               const boost::asio::any_io_executor& executor) {
    for (std::uint16_t i = 0; i < partitions; ++i) {
        partitions_.push_back(
            std::make_unique<PartitionWriter>(events::Partition{i}, services, executor));
    }
}

events::Status Writer::claim_all() {
    std::vector<std::future<events::Status>> claims;
    for (const auto& partition : partitions_) {
        const auto promise = std::make_shared<std::promise<events::Status>>();
        claims.push_back(promise->get_future());
        partition->claim(
            [promise](events::Status status) { promise->set_value(std::move(status)); });
    }
    events::Status result;
    for (auto& claim : claims) {
        if (auto status = claim.get(); !status && result) result = std::move(status);
    }
    return result;
}

Load Writer::load() const {
    Load all;
    for (const auto& partition : partitions_) {
        const Load one = partition->load();
        all.waiting += one.waiting;
        all.in_flight += one.in_flight;
        all.led += one.led;
        all.partitions += one.partitions;
    }
    return all;
}

PartitionWriter& Writer::partition_for(const events::TenantId& tenant) {
    const auto count = static_cast<std::uint16_t>(partitions_.size());
    return *partitions_[events::partition_of(tenant, count).value];
}

}  // namespace commands

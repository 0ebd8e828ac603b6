#include "gateway/live_hub.hpp"

#include <utility>

#include "gateway/live_branch.hpp"

namespace gateway {

using events::TenantId;
using events::Uuid;

LiveHub::LiveHub(LiveParts parts)
    : parts_(std::make_shared<LiveBranchParts>(
          LiveBranchParts{.live = std::move(parts), .presence = {}, .shows = {}})) {
    for (std::uint16_t i = 0; i < parts_->live.history.partitions(); ++i) {
        branches_.push_back(std::make_shared<LiveBranch>(parts_, events::Partition{i}));
    }
}

LiveHub::~LiveHub() = default;

void LiveHub::set_presence_snapshot(Snapshot snapshot) {
    parts_->presence = std::move(snapshot);
}

void LiveHub::set_shows(Shows shows) {
    parts_->shows = std::move(shows);
}

LiveBranch& LiveHub::branch_of(const TenantId& tenant) const {
    const auto count = static_cast<std::uint16_t>(branches_.size());
    return *branches_[events::partition_of(tenant, count).value];
}

void LiveHub::subscribe(std::shared_ptr<LiveSubscriber> who,
                        const LiveTopic& topic,
                        std::optional<LivePosition> after) {
    auto& branch = branch_of(who->tenant());
    branch.subscribe(std::move(who), topic, after);
}

void LiveHub::unsubscribe(std::shared_ptr<LiveSubscriber> who, const LiveTopic& topic) {
    auto& branch = branch_of(who->tenant());
    branch.unsubscribe(std::move(who), topic);
}

void LiveHub::leave(std::shared_ptr<LiveSubscriber> who) {
    auto& branch = branch_of(who->tenant());
    branch.leave(std::move(who));
}

void LiveHub::tell(const TenantId& tenant,
                   const LiveTopic& topic,
                   std::string event_json,
                   std::optional<Uuid> except) {
    branch_of(tenant).tell(tenant, topic, std::move(event_json), except);
}

void LiveHub::tell_rosters(const TenantId& tenant, const Uuid& expert, bool available) {
    branch_of(tenant).tell_rosters(tenant, expert, available);
}

void LiveHub::look_again(events::Partition partition) {
    branches_.at(partition.value)->look_again();
}

void LiveHub::moved() {
    for (const auto& branch : branches_) branch->moved();
}

void LiveHub::stop() {
    for (const auto& branch : branches_) branch->stop();
}

}  // namespace gateway

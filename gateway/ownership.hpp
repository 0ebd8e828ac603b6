#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/writer.hpp"
#include "events/assignment.hpp"
#include "events/log.hpp"
#include "projections/runner.hpp"

// Which partitions this node of a cluster owns, and when it serves them. A partition goes none ->
// claiming -> held -> served, and back to none at once when it is given up or another claim is in
// force. Who else owns one is what that claim says: claims are the routing table.
namespace gateway {

class Ownership {
  public:
    struct Parts {
        std::string node;  // this one's name in its claims
        events::Log& log;
        commands::Writer& writer;
        projections::Runner& runner;
        // Runs once the views of a partition that was gained show everything up to the claim, and
        // before it is served; and when it was lost. On the pool's threads; may read the disk.
        std::function<void(events::Partition)> on_gained;
        std::function<void(events::Partition)> on_lost;
        // Runs a piece of work soon, where it may read the disk.
        std::function<void(std::function<void()>)> soon;
    };
    // All borrowed.
    explicit Ownership(Parts parts);

    // For the writers' services: what they tell comes here. On their strands; does not block.
    void held(events::Partition partition, bool holds);

    // Joins the others and claims what is assigned here, as it is assigned.
    events::Status start(events::Assignment& assignment);
    // Leaves them: gives every partition up, with its commands in flight answered, and waits for
    // that, at most five seconds.
    void stop();

    // Any thread, never block.
    [[nodiscard]] bool holds(events::Partition partition) const;
    [[nodiscard]] bool serves(events::Partition partition) const {
        return parts_->served.at(partition.value).load(std::memory_order_acquire);
    }
    [[nodiscard]] bool serves(const events::TenantId& tenant) const;
    // Where another node that leads the partition is reached; nothing when none is known to.
    [[nodiscard]] std::optional<std::string> address_of(events::Partition partition) const;

    struct Counts {
        std::uint64_t gained = 0;
        std::uint64_t lost = 0;
        std::size_t served = 0;
        std::uint64_t highest_term = 0;
    };
    [[nodiscard]] Counts counts() const;

  private:
    struct State : Parts {
        State(Parts given, std::uint16_t partitions)
            : Parts(std::move(given)), served(partitions), turns(partitions) {}
        std::vector<std::atomic<bool>> served;
        // Counts what becomes of a partition, so that what is late is known to be.
        std::vector<std::atomic<std::uint64_t>> turns;
        std::atomic<std::uint64_t> gained{0};
        std::atomic<std::uint64_t> lost{0};
    };
    static void serve(const std::shared_ptr<State>& state,
                      events::Partition partition,
                      std::uint64_t turn);

    std::shared_ptr<State> parts_;
    events::Assignment* assignment_ = nullptr;
};

}  // namespace gateway

#include "gateway/ownership.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "gateway/log.hpp"

namespace gateway {
namespace {

using events::Partition;
using events::Status;

constexpr std::chrono::seconds kReleaseWithin{5};

// Waits until as many have arrived as were expected.
class Arrivals {
  public:
    explicit Arrivals(std::size_t expected) : missing_(expected) {}
    void arrive() {
        const std::lock_guard lock(mutex_);
        --missing_;
        all_.notify_all();
    }
    bool wait_for(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        return all_.wait_for(lock, time, [this] { return missing_ == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable all_;
    std::size_t missing_;
};

}  // namespace

Ownership::Ownership(Parts parts) {
    const auto partitions = parts.writer.partitions();
    parts_ = std::make_shared<State>(std::move(parts), partitions);
}

void Ownership::held(Partition partition, bool holds) {
    auto& state = *parts_;
    const auto turn = ++state.turns.at(partition.value);
    if (!holds) {
        state.served.at(partition.value).store(false, std::memory_order_release);
        ++state.lost;
        log_event(LogLevel::kInfo, "partition-lost", {{"partition", partition.value}});
        return state.soon([state = parts_, partition] { state->on_lost(partition); });
    }
    ++state.gained;
    log_event(LogLevel::kInfo, "partition-gained", {{"partition", partition.value}});
    state.soon([state = parts_, partition, turn] { serve(state, partition, turn); });
}

// What a client was told by the last owner, it is to find here: first the views must have read all
// that lies before the claim.
void Ownership::serve(const std::shared_ptr<State>& state,
                      Partition partition,
                      std::uint64_t turn) {
    const auto end = state->log.end(partition);
    if (!end || end->value == 0) return;
    const events::Offset last{end->value - 1};
    state->runner.when_reached(partition, last, [state, partition, turn](bool reached) {
        if (!reached) return;
        state->soon([state, partition, turn] {
            const auto& newest = state->turns.at(partition.value);
            if (newest != turn) return;
            state->on_gained(partition);
            state->served.at(partition.value).store(true, std::memory_order_release);
            // Lost in between: whoever lost it may have looked before it was served.
            if (newest != turn) state->served.at(partition.value).store(false);
        });
    });
}

Status Ownership::start(events::Assignment& assignment) {
    assignment_ = &assignment;
    // What others hold is known before the first request is to be sent there.
    for (std::uint16_t p = 0; p < parts_->writer.partitions(); ++p) {
        parts_->writer.at(Partition{p}).read_on();
    }
    auto& writer = parts_->writer;
    return assignment.start({.assigned =
                                 [&writer](const std::vector<Partition>& given) {
                                     for (const auto p : given)
                                         writer.at(p).claim([](const Status&) {});
                                 },
                             .revoked =
                                 [&writer](const std::vector<Partition>& taken) {
                                     for (const auto p : taken) writer.at(p).release([] {});
                                 }});
}

void Ownership::stop() {
    auto* const assignment = std::exchange(assignment_, nullptr);
    if (assignment == nullptr) return;
    // First what is held, so that whoever gets it next finds nothing in flight.
    auto& writer = parts_->writer;
    const auto arrivals = std::make_shared<Arrivals>(writer.partitions());
    for (std::uint16_t p = 0; p < writer.partitions(); ++p) {
        writer.at(Partition{p}).release([arrivals] { arrivals->arrive(); });
    }
    if (!arrivals->wait_for(kReleaseWithin)) {
        log_event(LogLevel::kWarning, "partitions-left-with-commands-in-flight");
    }
    assignment->stop();
}

bool Ownership::holds(Partition partition) const {
    return parts_->writer.at(partition).holds();
}

bool Ownership::serves(const events::TenantId& tenant) const {
    return serves(events::partition_of(tenant, parts_->writer.partitions()));
}

std::optional<std::string> Ownership::address_of(Partition partition) const {
    const auto& writer = parts_->writer.at(partition);
    if (writer.holds()) return std::nullopt;
    auto leader = writer.leader();
    if (!leader || leader->address.empty() || leader->node == parts_->node) return std::nullopt;
    return std::move(leader->address);
}

Ownership::Counts Ownership::counts() const {
    Counts counts{.gained = parts_->gained, .lost = parts_->lost};
    for (std::uint16_t p = 0; p < parts_->writer.partitions(); ++p) {
        if (serves(Partition{p})) ++counts.served;
        const auto leader = parts_->writer.at(Partition{p}).leader();
        if (leader) counts.highest_term = std::max(counts.highest_term, leader->claim.term.value);
    }
    return counts;
}

}  // namespace gateway

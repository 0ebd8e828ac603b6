#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "commands/policies/policy.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"
#include "projections/store.hpp"

// Shows every commit of the log to the policies, once and in order, and sees their commands
// through: its place in the log moves on only when all commands of a commit have their answer. A
// crash in between repeats them under the same ids. One thread.
namespace gateway {

class PolicyRunner {
  public:
    struct Parts {
        events::Log& log;
        std::uint16_t partitions;
        projections::Store& store;  // keeps the place
        events::KeyRing& keys;
        commands::Writer& writer;
        std::vector<const commands::Policy*> policies;
        std::function<std::int64_t()> now_ms;
        // Whether the partition's commits are this program's to react to; nothing: all are.
        std::function<bool(events::Partition)> ours{};
    };
    // All borrowed; the writer outlives stop().
    explicit PolicyRunner(Parts parts);
    ~PolicyRunner();  // stops
    PolicyRunner(const PolicyRunner&) = delete;
    PolicyRunner& operator=(const PolicyRunner&) = delete;

    // `on_failure` is told once, on the thread, when it cannot go on.
    void start(std::function<void(const events::Error&)> on_failure);
    // Ends after the command in hand; what is left comes with the next start.
    void stop();

    // Says that the partition has records up to before `end`. Any thread, never blocks.
    void notify(events::Partition partition, events::Offset end);
    // As projections::Runner::when_reached: every command up to and with this record is answered.
    void when_reached(events::Partition partition,
                      events::Offset offset,
                      std::function<void(bool)> reached);
    // How many records it has yet to read. Any thread, never blocks.
    [[nodiscard]] std::uint64_t behind() const;
    // Why it stands still, if it does. Any thread.
    [[nodiscard]] std::optional<events::Error> failure() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

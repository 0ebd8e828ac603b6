#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "events/fence.hpp"
#include "events/log.hpp"
#include "events/record.hpp"

// Who leads a partition, as its records tell: the fence, this node's own claim, and what the claim
// in force says of whoever made it. It decides nothing; the partition does.
namespace commands {

// Whose claim is in force, as the claim says.
struct Leader {
    events::ClaimRef claim;
    std::string node;
    std::string address;  // where the other nodes reach it
};

class Leadership {
  public:
    // Who this node is to the others.
    struct Self {
        std::string node;
        std::string address;
    };
    Leadership(events::Partition partition, events::Log& log, events::History& history, Self self)
        : partition_(partition), log_(log), history_(history), self_(std::move(self)) {}

    // All but leader(): on one strand.

    // Takes in the claims so far, once. Gives where reading goes on behind them.
    // May read the disk; as Log and History report.
    events::Result<events::Offset> recover();
    // Makes this node's claim of the next term.
    events::Result<events::Outgoing> next_claim();

    enum class Seen : std::uint8_t {
        kOurs,      // this node's newest claim is in force from here
        kAnothers,  // another claim is
        kLost,      // this node's newest claim came too late: only a newer one can lead
        kCounts,    // a record that is neither a claim nor void
        kNothing,   // void, or a claim that changes nothing
    };
    // The next record of the partition.
    Seen take(const events::Record& record);

    // The claim that this node sends under.
    [[nodiscard]] const events::ClaimRef& claim() const { return claim_; }
    // Whether that is the one in force.
    [[nodiscard]] bool is_in_force() const { return fence_.in_force() == claim_; }
    // Nothing before the first claim. Any thread.
    [[nodiscard]] std::optional<Leader> leader() const;

  private:
    void learn_leader(events::Offset claim);
    void keep_leader(const events::Record& claim);

    const events::Partition partition_;
    events::Log& log_;
    events::History& history_;
    const Self self_;
    events::ClaimRef claim_;
    events::Fence fence_;
    bool recovered_ = false;
    events::Offset next_;
    mutable std::mutex mutex_;
    std::optional<Leader> leader_;  // under mutex_
};

}  // namespace commands

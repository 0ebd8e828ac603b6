#pragma once

#include <optional>

#include "events/ids.hpp"
#include "events/record_head.hpp"
#include "parlour/log/v1/record.pb.h"

// The fold that tells who leads a partition and which records count: rules F1 and F2 of the log
// protocol. Pure; one instance per reader and partition, fed with every record in order.
namespace events {

enum class Verdict {
    kClaimInForce,  // a claim whose term exceeds every earlier one's: it leads from here
    kClaimLost,     // a claim of an equal or lower term: no effect
    kCounts,        // names exactly the claim in force, or is of a kind the fence does not bind
    kVoid,          // sent under another claim than the one in force here
};

class Fence {
  public:
    Fence() = default;
    // Resumes behind a stored place: the claim in force there, if any.
    explicit Fence(std::optional<ClaimRef> in_force) : in_force_(in_force) {}

    Verdict apply(const parlour::log::v1::Record& record) { return apply(head_of(record)); }
    Verdict apply(const RecordHead& record);

    // The claim in force; nothing before the first one.
    [[nodiscard]] const std::optional<ClaimRef>& in_force() const { return in_force_; }

  private:
    std::optional<ClaimRef> in_force_;
};

// The claim a record names; nothing when its claim id is not 16 bytes (no record of ours).
std::optional<ClaimRef> claim_of(const parlour::log::v1::Record& record);

}  // namespace events

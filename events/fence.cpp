#include "events/fence.hpp"

namespace events {

using parlour::log::v1::Record;

std::optional<ClaimRef> claim_of(const Record& record) {
    return head_of(record).claim;
}

Verdict Fence::apply(const RecordHead& record) {
    switch (record.kind) {
        case Record::kClaim: {
            const Term highest = in_force_ ? in_force_->term : Term{};
            if (!record.claim || record.claim->term <= highest) return Verdict::kClaimLost;
            in_force_ = record.claim;
            return Verdict::kClaimInForce;
        }
        // Their authority comes from elsewhere: an erasure commit, or the record they stand for.
        case Record::kTombstone:
        case Record::kVoidTombstone:
        case Record::kKeyDestroyed:
            return Verdict::kCounts;
        case Record::kCommit:
        case Record::kKeyCreated:
        case Record::kFileChunk:
        case Record::kHeartbeat:
        case Record::kCheckpoint:
        case Record::BODY_NOT_SET:
            break;
    }
    const bool counts = in_force_ && record.claim == in_force_;
    return counts ? Verdict::kCounts : Verdict::kVoid;
}

}  // namespace events

#include "events/fence.hpp"

namespace events {

using parlour::log::v1::Record;

std::optional<ClaimRef> claim_of(const Record& record) {
    const auto id = ClaimId::from_bytes(record.claim_id());
    if (!id) return std::nullopt;
    return ClaimRef{Term{record.term()}, *id};
}

Verdict Fence::apply(const Record& record) {
    switch (record.body_case()) {
        case Record::kClaim: {
            const auto claim = claim_of(record);
            const Term highest = in_force_ ? in_force_->term : Term{};
            if (!claim || claim->term <= highest) return Verdict::kClaimLost;
            in_force_ = claim;
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
    const bool counts = in_force_ && record.term() == in_force_->term.value &&
                        record.claim_id() == in_force_->id.view();
    return counts ? Verdict::kCounts : Verdict::kVoid;
}

}  // namespace events

#include "commands/leadership.hpp"

#include <utility>

#include "events/crypto.hpp"
#include "events/record.hpp"

namespace commands {

using events::Offset;
using events::Record;
using events::Result;
using events::Verdict;

namespace {

constexpr std::uint32_t kSchemaLevel = 1;

void name_claim(const events::ClaimRef& claim, Record& record) {
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
}

}  // namespace

// Claims are indexed, so the claim in force is known without reading the whole partition.
Result<Offset> Leadership::recover() {
    if (recovered_) return next_;
    // In this order, or a claim that lands in between would be met by nobody.
    const auto end = log_.end(partition_);
    if (!end) return std::unexpected(end.error());
    const auto claims = history_.claims(partition_);
    if (!claims) return std::unexpected(claims.error());
    std::optional<Offset> in_force;
    for (const auto& [claim, offset] : *claims) {
        if (offset >= *end) break;
        Record record;
        name_claim(claim, record);
        record.mutable_claim();
        if (fence_.apply(record) == Verdict::kClaimInForce) in_force = offset;
    }
    next_ = *end;
    recovered_ = true;
    if (in_force) learn_leader(*in_force);
    return next_;
}

// Who leads stands in the claim itself. One that cannot be read leaves only the address unknown.
void Leadership::learn_leader(Offset claim) {
    const auto found = log_.read(partition_, claim, {.records = 1});
    if (!found || found->empty() || found->front().offset != claim) return;
    Record record;
    if (events::decode_record(*found->front().frame, record)) keep_leader(record);
}

void Leadership::keep_leader(const Record& claim) {
    const std::lock_guard lock(mutex_);
    leader_ = Leader{.claim = *fence_.in_force(),
                     .node = claim.claim().node(),
                     .address = claim.claim().address()};
}

Result<events::Outgoing> Leadership::next_claim() {
    const auto in_force = fence_.in_force();
    claim_ = {.term = events::Term{(in_force ? in_force->term.value : 0) + 1},
              .id = events::random_id<events::ClaimId>()};
    Record record;
    name_claim(claim_, record);
    record.mutable_claim()->set_node(self_.node);
    record.mutable_claim()->set_address(self_.address);
    record.mutable_claim()->set_schema_level(kSchemaLevel);
    auto frame = events::encode_record(record);
    if (!frame) return std::unexpected(frame.error());
    return events::Outgoing{.key = events::random_id<events::RecordKey>(),
                            .frame = std::move(*frame),
                            .index = events::ClaimIndex{claim_}};
}

Leadership::Seen Leadership::take(const Record& record) {
    switch (fence_.apply(record)) {
        case Verdict::kClaimInForce:
            keep_leader(record);
            return fence_.in_force() == claim_ ? Seen::kOurs : Seen::kAnothers;
        case Verdict::kClaimLost:
            return events::claim_of(record) == claim_ ? Seen::kLost : Seen::kNothing;
        case Verdict::kCounts:
            return Seen::kCounts;
        case Verdict::kVoid:
            break;
    }
    return Seen::kNothing;
}

std::optional<Leader> Leadership::leader() const {
    const std::lock_guard lock(mutex_);
    return leader_;
}

}  // namespace commands

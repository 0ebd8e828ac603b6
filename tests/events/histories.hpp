#pragma once

#include <string>
#include <utility>
#include <vector>

#include "events/commit.hpp"
#include "events/erasure_rules.hpp"
#include "tests/events/samples.hpp"

// Histories of a partition and its keys as the rules of the log protocol speak of them: records
// that nodes A and B sent under a claim, in the order in which they landed, and every log that
// compaction may leave of them.
namespace histories {

struct Sent {
    events::RecordKey key;
    events::Record record;
    events::Decides decides;
};
using Log = std::vector<Sent>;

inline const events::TenantId kTenant = samples::tenant();
inline const events::StreamId kS{.kind = parlour::log::v1::STREAM_KIND_CONVERSATION,
                                 .uuid = samples::id<events::Uuid>(0x51)};
inline const events::StreamId kT{.kind = parlour::log::v1::STREAM_KIND_CONVERSATION,
                                 .uuid = samples::id<events::Uuid>(0x52)};
inline const events::Uuid kCase = samples::id<events::Uuid>(0xca);
inline const events::ClaimRef kA1 = samples::claim(1, 0xa1);
inline const events::ClaimRef kB2 = samples::claim(2, 0xb2);
inline const events::KeyId kKey = samples::id<events::KeyId>(0x4b);

// A key for each send, as F5 wants it.
events::RecordKey fresh_key();

Sent claim(const events::ClaimRef& ref);
// A commit with a sealed part, under the key `data_key`, of the command X unless said otherwise.
struct Written {
    std::uint64_t seq = 1;
    events::StreamId stream = kS;
    std::uint8_t command = 'X';
    events::KeyId data_key = kKey;
};
Sent commit(const events::ClaimRef& under, const Written& written);
// Each in a stream of its own.
Sent decision(const events::ClaimRef& under, std::uint64_t seq, events::Decides decides);
Sent erasure(const events::ClaimRef& under, std::uint64_t seq, const events::Erases& erases);
Sent end_of_erasure(const events::ClaimRef& under, std::uint64_t seq, const events::Uuid& case_id);
Sent hold(const events::ClaimRef& under, std::uint64_t seq, const events::StreamId& stream);
// Under the key of what they stand over.
Sent tombstone(const events::ClaimRef& under,
               const Sent& over,
               const events::Uuid& case_id = kCase);
Sent void_tombstone(const events::ClaimRef& under, const Sent& over);
// Of the key partition.
Sent key_created(const events::ClaimRef& under, const events::KeyId& id = kKey);
Sent key_destroyed(const events::ClaimRef& under, const Sent& created);

events::PartitionFold fold(const Log& log);
events::KeyFold fold_keys(const Log& log);

// Every log that compaction may leave: a record may be missing if a later one has its key.
std::vector<Log> compactions(const Log& log);
// The one that it leaves when it is through.
Log compacted(const Log& log);

// What two readers must agree on: the claim in force and each seq with its state.
std::string told(const events::PartitionFold& fold);
// Whether every reader from the beginning gets the history of a live one.
bool all_readers_agree(const Log& log);
// Whether a sealed payload that decides nothing, or a wrapped key, is still in the log.
bool holds_payload(const Log& log);

// A node that has read both logs whole and has sent these claims.
class Reader {
  public:
    Reader(const Log& events, const Log& keys, const events::ClaimRef& claim)
        : events_(fold(events)), keys_(fold_keys(keys)), claim_(claim) {}
    [[nodiscard]] events::ReadBack read() const {
        return {.events = events_,
                .keys = keys_,
                .events_claim = claim_,
                .keys_claim = claim_,
                .tenant = kTenant};
    }

  private:
    events::PartitionFold events_;
    events::KeyFold keys_;
    events::ClaimRef claim_;
};

}  // namespace histories

#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "events/key_fold.hpp"
#include "events/partition_fold.hpp"

// What a leader may do and owes, from what it has read back: rules F3, F4, T2, T3, K2, K3, K4, M1
// and V1 of the log protocol. Pure; sends nothing.
namespace events {

// What one node has read back of a partition and its keys, and the claims it sent.
struct ReadBack {
    const PartitionFold& events;
    const KeyFold& keys;
    ClaimRef events_claim;
    ClaimRef keys_claim;
    TenantId tenant;
};

// Whether the node may decide, answer, send and sign for the tenant: both of its claims are in
// force (F3, K4), and every seq up to the highest opens or is covered (F4).
bool may_lead(const ReadBack& read);

// What was sent under this claim and is not read back yet.
struct InFlight {
    std::set<StreamId> erasures;
    std::set<StreamId> holds;
};
enum class Refused { kNot, kHeld, kErased, kPermanent };
// The erasure commit is the point of no return (T3): a hold that precedes it, or is on its way,
// refuses it, and it refuses every later hold ("too late") and every command on the stream (T5).
// Streams of erasures and holds are kept for ever (T4).
Refused erasure_of(const ReadBack& read, const InFlight& flight, const StreamId& stream);
Refused hold_on(const ReadBack& read, const InFlight& flight, const StreamId& stream);
Refused command_on(const ReadBack& read, const InFlight& flight, const StreamId& stream);

// Whether a commit may be sealed under the key: its key-created was read back, was not void (K2),
// and was made under the node's own claim unless the stream is bound to it already (K6).
bool may_seal(const ReadBack& read, const KeyId& key, const StreamId& stream);

// Keys to be destroyed: each that a commit of an erased stream names and that is not destroyed,
// whenever it appeared (K3). In the order of their ids.
std::vector<KeyId> keys_to_destroy(const ReadBack& read);
// Keys that no commit is bound to and that an older claim made (K6).
std::vector<KeyId> unused_keys_to_destroy(const ReadBack& read);

// Open seqs to be covered, as an erasure lists them: none of a stream while one of its keys is
// still there (T2).
std::vector<Seq> tombstones_due(const ReadBack& read);

// Whether the case's end may be written: nothing of the stream is open, no key of it is there (T2),
// and it is not written yet.
bool may_end(const ReadBack& read, const ErasureCase& erasure);

// Keys of records to be put a void tombstone over, of both partitions (V1).
struct VoidTombstones {
    std::vector<RecordKey> events;
    std::vector<RecordKey> keys;
};
VoidTombstones void_tombstones_due(const ReadBack& read);

// The commitments that a checkpoint may cover: of seq 1 up to the last before a gap (M1).
std::vector<std::string_view> signable(const ReadBack& read);

}  // namespace events

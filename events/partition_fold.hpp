#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "events/fence.hpp"
#include "events/record.hpp"

// What a reader of an events partition knows after each record: which commits count, which are
// covered, what may be erased, and which void payloads still lie there. Rules F1, F2, T1, T4, T5
// and V1 of the log protocol as one pure fold; the same for a live reader and for one that begins
// after compaction. Keeps an entry for every seq: what serves keeps the same facts in its indexes.
namespace events {

struct SeqRange {  // both inclusive
    Seq first;
    Seq last;
};

// What a commit of an erasure or hold stream decides; it holds no personal data (T4).
struct Erases {
    StreamId stream;
    Uuid case_id;
    std::vector<SeqRange> seqs;
};
struct EndsErasure {
    Uuid case_id;
};
struct Holds {
    StreamId stream;
};
using Decides = std::variant<std::monostate, Erases, EndsErasure, Holds>;

enum class Effect {
    kClaimed,        // a claim that is in force from here
    kNone,           // a lost claim, or a kind that leaves no trace
    kCounted,        // a commit, tombstone or void tombstone that counts
    kVoid,           // sent under another claim than the one in force
    kForged,         // a tombstone whose seq no erasure commit before it lists (T1)
    kContradiction,  // two commits of one seq, or a tombstone over another's commitment
};

// A seq that opens, or is covered by a tombstone.
struct Place {
    bool covered = false;
    std::optional<RecordKey> key;  // of the commit while it is open
    StreamId stream;
    CommandId command;
    std::string commitment;
    std::optional<KeyId> data_key;  // while it is open
};

struct ErasureCase {
    StreamId stream;
    Uuid id;
    friend auto operator<=>(const ErasureCase&, const ErasureCase&) = default;
};

struct TenantFold {
    std::map<Seq, Place> places;
    std::set<CommandId> commands;  // known to be done, erased ones included (T5)
    std::map<ErasureCase, std::vector<SeqRange>> erasures;
    std::set<Uuid> done;
    std::set<StreamId> holds;
    std::set<StreamId> permanent;     // hold an erasure, its end or a hold: never erased (T4)
    std::map<KeyId, StreamId> bound;  // by the first commit that names the key (K3)
    bool contradiction = false;

    // The seqs below the highest that neither open nor are covered (F4).
    [[nodiscard]] std::vector<Seq> gaps() const;
    [[nodiscard]] Seq head() const;
    [[nodiscard]] bool is_erased(const StreamId& stream) const;
    // Whether an erasure of the stream lists the seq (T1).
    [[nodiscard]] bool is_listed(const StreamId& stream, Seq seq) const;
};

class PartitionFold {
  public:
    // `decides` is what the commit's events say, for a commit of an erasure or hold stream.
    Effect apply(const RecordKey& key, const Record& record, const Decides& decides = {});

    [[nodiscard]] const std::optional<ClaimRef>& in_force() const { return fence_.in_force(); }
    // An empty one for a tenant without records.
    [[nodiscard]] const TenantFold& tenant(const TenantId& id) const;
    // Keys of void records with a payload that no void tombstone stands over (V1).
    [[nodiscard]] const std::set<RecordKey>& void_payloads() const { return voids_; }

  private:
    Effect commit(const RecordKey& key, const Record& record, const Decides& decides);
    Effect tombstone(const Record& record);

    Fence fence_;
    std::map<TenantId, TenantFold> tenants_;
    std::set<RecordKey> voids_;
};

}  // namespace events

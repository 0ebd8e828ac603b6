#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/local_recent.hpp"
#include "events/local_store.hpp"
#include "events/log.hpp"

// Makes records into the rows of one write after another: runs, claims, keys and the journal, and
// with each write some rows of the indexes that are written behind. Used by one thread. It neither
// gives records their offsets nor makes them readable.
namespace events::local {

using RecordIndex = decltype(Outgoing::index);

class Rows {
  public:
    // Both are borrowed. `journal` is what it has by now. `synced`: a write
    // is durable when it returns; else when the system gets to it.
    Rows(Store& store, Recent& recent, JournalRows journal, bool synced);

    // Adds a record behind those of its partition; offsets ascend and may have gaps.
    void add(Partition partition, const Entry& entry, const RecordIndex& index);
    // Writes what was added, and lets the look-ups by seq and stream find it. kStorage.
    Status write();
    // Brings all that is in memory only into the indexes on disk.
    Status fold_all();

  private:
    void end_run(Partition partition);
    void end_runs();
    void add_index(Offset offset, const CommitIndex& commit);
    void add_index(Partition partition, Offset offset, const ClaimIndex& claim);
    void add_journal();
    void add_fold(const Recent::Fold& fold);

    Store& store_;
    Recent& recent_;
    const bool synced_;
    rocksdb::WriteBatch batch_;
    // The runs of records that this batch has under way, by partition; those of open_ are not
    // empty.
    struct OpenRun {
        Offset first;
        Offset next;
        std::string bytes;
    };
    std::vector<OpenRun> runs_;
    std::vector<Partition> open_;
    std::vector<CommitPlace> places_;  // of this batch's commits
    std::string journal_row_;          // its memory only
    JournalRows journal_;
};

}  // namespace events::local

#include "events/local_rows.hpp"

#include <cstddef>
#include <variant>

#include "events/bytes.hpp"
#include "events/local_keys.hpp"
#include "events/local_run.hpp"

namespace events::local {
namespace {

// Room for a batch of common size, so that it does not grow step by step.
constexpr std::size_t kBatchReserveBytes = std::size_t{256} * 1024;
// A batch that grew beyond this gives its memory back.
constexpr std::size_t kBatchKeepBytes = std::size_t{4} * 1024 * 1024;

}  // namespace

Rows::Rows(Store& store, Recent& recent, JournalRows journal, bool synced)
    : store_(store),
      recent_(recent),
      synced_(synced),
      batch_(kBatchReserveBytes),
      runs_(store.partitions()),
      journal_(journal) {}

void Rows::add(Partition partition, const Entry& entry, const RecordIndex& index) {
    auto& run = runs_[partition.value];
    if (run.next != entry.offset) end_run(partition);
    if (run.bytes.empty()) {
        run.first = entry.offset;
        open_.push_back(partition);
    }
    append_to_run(run.bytes, entry.key, *entry.frame);
    run.next = Offset{entry.offset.value + 1};
    if (run.bytes.size() >= kRunBytesMax) end_run(partition);
    if (const auto* commit = std::get_if<CommitIndex>(&index)) {
        add_index(entry.offset, *commit);
    } else if (const auto* claim = std::get_if<ClaimIndex>(&index)) {
        add_index(partition, entry.offset, *claim);
    }
}

Status Rows::write() {
    end_runs();
    if (batch_.Count() == 0) return {};
    if (!places_.empty()) {
        add_journal();
        add_fold(recent_.fold(places_.size()));
    }
    rocksdb::WriteOptions options;
    options.sync = synced_;
    const auto status = store_.db().Write(options, &batch_);
    const bool large = batch_.GetDataSize() > kBatchKeepBytes;
    batch_.Clear();
    if (large) batch_ = rocksdb::WriteBatch(kBatchReserveBytes);
    // Whatever the library calls it, a write that failed is a failure of the storage.
    if (!status.ok()) return fail(Errc::kStorage, error_of(status).detail);
    if (!places_.empty()) {
        recent_.add(places_, journal_.end++);
        recent_.folded();
        places_.clear();
    }
    return {};
}

void Rows::end_run(Partition partition) {
    auto& run = runs_[partition.value];
    if (run.bytes.empty()) return;
    batch_.Put(
        store_.family(Family::kRecords), slice(record_key(partition, run.first)), slice(run.bytes));
    run.bytes.clear();
}

void Rows::end_runs() {
    for (const auto& partition : open_) end_run(partition);
    open_.clear();
}

void Rows::add_index(Offset offset, const CommitIndex& commit) {
    places_.push_back({.tenant = commit.tenant,
                       .seq = commit.seq,
                       .stream = commit.stream,
                       .first_version = commit.first_version,
                       .offset = offset});
    if (commit.binds_key) {
        batch_.Put(store_.family(Family::kKeys),
                   slice(commit.binds_key->view()),
                   slice(stream_prefix(commit.tenant, commit.stream)));
    }
}

void Rows::add_index(Partition partition, Offset offset, const ClaimIndex& claim) {
    batch_.Put(store_.family(Family::kClaims),
               slice(record_key(partition, offset)),
               slice(claim_value(claim.claim)));
}

void Rows::add_journal() {
    journal_row_.clear();
    for (const auto& place : places_) append_place(journal_row_, place);
    batch_.Put(
        store_.family(Family::kJournal), slice(number_bytes(journal_.end)), slice(journal_row_));
}

void Rows::add_fold(const Recent::Fold& fold) {
    for (const auto& row : fold.rows) {
        batch_.Put(store_.family(row.of_stream ? Family::kStreams : Family::kSeqs),
                   slice(row.key),
                   slice(row.value));
    }
    if (!fold.journal_done) return;
    // One by one: where a range is all that a compaction meets, and the disk fails it, RocksDB 7.8
    // ends the program (an assertion, in CompactionOutputs::SmallestUserKey).
    for (; journal_.begin < *fold.journal_done; ++journal_.begin) {
        batch_.Delete(store_.family(Family::kJournal), slice(number_bytes(journal_.begin)));
    }
}

Status Rows::fold_all() {
    for (;;) {
        const auto fold = recent_.fold_all();
        if (fold.rows.empty()) return {};
        add_fold(fold);
        // Synced, too: of the write-ahead file only the last write may ever be in doubt.
        rocksdb::WriteOptions options;
        options.sync = synced_;
        const auto status = store_.db().Write(options, &batch_);
        batch_.Clear();
        if (!status.ok()) return fail(Errc::kStorage, error_of(status).detail);
        recent_.folded();
    }
}

}  // namespace events::local

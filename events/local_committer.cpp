#include "events/local_committer.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>
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

// Waking a sleeping thread costs as much as a fast flush; looking around this long first saves
// that.
constexpr std::chrono::microseconds kSpin{40};
// A flush from this long on is worth waiting for the next callers; for this share of it at most.
constexpr std::chrono::microseconds kSlowFlush{1000};
constexpr int kGatherShare = 4;

}  // namespace

Committer::Committer(Store& store, Tail& tail, Recent& recent, std::uint64_t journal)
    : store_(store),
      tail_(tail),
      recent_(recent),
      batch_(kBatchReserveBytes),
      next_(tail.partitions()),
      runs_(tail.partitions()),
      shut_(tail.partitions()),
      journal_(journal) {
    for (std::size_t i = 0; i < next_.size(); ++i) {
        next_[i] = tail_.end(Partition{static_cast<std::uint16_t>(i)});
    }
    if (store_.secondary()) failed_ = Error{Errc::kStorage, "the log is open for reading only"};
    thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Committer::append(Partition partition, std::vector<Outgoing> records, AppendDone done) {
    // What can be done here is not done on the one thread that everybody waits for.
    Pending pending{.partition = partition,
                    .indexes = {},
                    .entries = {},
                    .done = std::move(done),
                    .refused = {}};
    if (partition.value >= tail_.partitions()) {
        pending.refused = Error{Errc::kInvalidArgument, "no such partition"};
    }
    pending.indexes.reserve(records.size());
    pending.entries.reserve(records.size());
    for (auto& record : records) {
        pending.indexes.push_back(record.index);
        pending.entries.push_back(
            Entry{.offset = {},
                  .key = record.key,
                  .frame = std::make_shared<const std::string>(std::move(record.frame))});
    }
    bool wake = false;
    {
        const std::scoped_lock lock(mutex_);
        queue_.push_back(std::move(pending));
        queued_.store(queue_.size(), std::memory_order_release);
        wake = wake_at_ != 0 && queue_.size() >= wake_at_;
        if (wake) wake_at_ = 0;
    }
    if (wake) wake_.notify_one();
}

void Committer::run() noexcept {
    std::vector<Pending> group;
    while (take(group)) {
        commit(group);
        group.clear();
    }
    // Best effort: what fails to be written now is read from the journal at the next start.
    if (!failed_ && !store_.broken()) static_cast<void>(fold_all());
}

bool Committer::take(std::vector<Pending>& group) {
    const auto freed = Clock::now();
    while (queued_.load(std::memory_order_acquire) == 0 && Clock::now() - freed < kSpin) {
        std::this_thread::yield();
    }
    std::unique_lock lock(mutex_);
    if (last_flush_ >= kSlowFlush && gather_goal_ > 1) {
        wake_at_ = gather_goal_;
        wake_.wait_until(lock, freed + last_flush_ / kGatherShare, [this] {
            return stop_ || queue_.size() >= gather_goal_;
        });
    }
    wake_at_ = 1;
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    wake_at_ = 0;
    group.swap(queue_);
    queued_.store(0, std::memory_order_release);
    return !group.empty();
}

void Committer::keep_reserve(std::vector<Pending>& group) {
    const Error full{Errc::kStorageFull, "records before these found no room"};
    std::uint64_t bytes = 0;
    for (auto& pending : group) {
        if (pending.refused) continue;
        const bool claims =
            !pending.indexes.empty() && std::holds_alternative<ClaimIndex>(pending.indexes.front());
        if (shut_[pending.partition.value] && !claims) pending.refused = full;
        for (const auto& entry : pending.entries) bytes += entry.frame->size();
    }
    const Status room = store_.space().admit(bytes);
    for (auto& pending : group) {
        if (pending.refused) continue;
        shut_[pending.partition.value] = !room;
        if (!room) pending.refused = room.error();
    }
}

void Committer::commit(std::vector<Pending>& group) {
    if (!failed_) {
        keep_reserve(group);
        if (auto written = write(group); !written) failed_ = written.error();
    }
    if (!failed_) {
        for (auto& pending : group) {
            if (!pending.refused) tail_.add(pending.partition, std::move(pending.entries));
        }
    }
    gather_goal_ = group.size() + queued_.load(std::memory_order_acquire);
    for (auto& pending : group) {
        if (failed_) {
            pending.done(std::unexpected(*failed_));
        } else if (pending.refused) {
            pending.done(std::unexpected(*pending.refused));
        } else {
            pending.done({});
        }
    }
}

Status Committer::write(std::vector<Pending>& group) {
    if (store_.broken()) {
        return fail(Errc::kStorage,
                    "the log stopped after a background error: " + store_.background_error());
    }
    places_.clear();
    for (auto& pending : group) {
        if (!pending.refused) place(pending);
    }
    end_runs();
    if (batch_.Count() == 0) return {};
    if (!places_.empty()) {
        add_journal();
        add_fold(recent_.fold(places_.size()));
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto started = Clock::now();
    const auto status = store_.db().Write(synced, &batch_);
    last_flush_ = Clock::now() - started;
    const bool large = batch_.GetDataSize() > kBatchKeepBytes;
    batch_.Clear();
    if (large) batch_ = rocksdb::WriteBatch(kBatchReserveBytes);
    // Whatever the library calls it, a write that failed is a failure of the storage.
    if (!status.ok()) return fail(Errc::kStorage, error_of(status).detail);
    if (!places_.empty()) {
        recent_.add(places_, journal_++);
        recent_.folded();
    }
    return {};
}

void Committer::place(Pending& pending) {
    auto& next = next_[pending.partition.value];
    auto& run = runs_[pending.partition.value];
    for (std::size_t i = 0; i < pending.entries.size(); ++i) {
        auto& entry = pending.entries[i];
        entry.offset = next;
        ++next.value;
        if (run.bytes.empty()) {
            run.first = entry.offset;
            open_.push_back(pending.partition);
        }
        append_to_run(run.bytes, entry.key, *entry.frame);
        if (run.bytes.size() >= kRunBytesMax) end_run(pending.partition);
        if (const auto* commit = std::get_if<CommitIndex>(&pending.indexes[i])) {
            index(entry.offset, *commit);
        } else if (const auto* claim = std::get_if<ClaimIndex>(&pending.indexes[i])) {
            index(pending.partition, entry.offset, *claim);
        }
    }
}

void Committer::end_run(Partition partition) {
    auto& run = runs_[partition.value];
    if (run.bytes.empty()) return;
    batch_.Put(
        store_.family(Family::kRecords), slice(record_key(partition, run.first)), slice(run.bytes));
    run.bytes.clear();
}

void Committer::end_runs() {
    for (const auto& partition : open_) end_run(partition);
    open_.clear();
}

void Committer::index(Offset offset, const CommitIndex& commit) {
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

void Committer::index(Partition partition, Offset offset, const ClaimIndex& claim) {
    batch_.Put(store_.family(Family::kClaims),
               slice(record_key(partition, offset)),
               slice(claim_value(claim.claim)));
}

void Committer::add_journal() {
    journal_row_.clear();
    for (const auto& place : places_) append_place(journal_row_, place);
    batch_.Put(store_.family(Family::kJournal), slice(number_bytes(journal_)), slice(journal_row_));
}

void Committer::add_fold(const Recent::Fold& fold) {
    for (const auto& row : fold.rows) {
        batch_.Put(store_.family(row.of_stream ? Family::kStreams : Family::kSeqs),
                   slice(row.key),
                   slice(row.value));
    }
    if (!fold.journal_done) return;
    batch_.DeleteRange(store_.family(Family::kJournal),
                       slice(number_bytes(journal_begin_)),
                       slice(number_bytes(*fold.journal_done)));
    journal_begin_ = *fold.journal_done;
}

Status Committer::fold_all() {
    for (;;) {
        const auto fold = recent_.fold_all();
        if (fold.rows.empty()) return {};
        add_fold(fold);
        // Synced, too: of the write-ahead file only the last write may ever be in doubt.
        rocksdb::WriteOptions synced;
        synced.sync = true;
        const auto status = store_.db().Write(synced, &batch_);
        batch_.Clear();
        if (!status.ok()) return fail(Errc::kStorage, error_of(status).detail);
        recent_.folded();
    }
}

}  // namespace events::local

#include "events/local_committer.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "events/local_keys.hpp"

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

Committer::Committer(Store& store, Tail& tail)
    : store_(store),
      tail_(tail),
      batch_(kBatchReserveBytes),
      next_(tail.partitions()),
      shut_(tail.partitions()) {
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
    if (store_.broken()) return fail(Errc::kStorage, "the log stopped after a background error");
    for (auto& pending : group) {
        if (!pending.refused) place(pending);
    }
    end_run();
    if (batch_.Count() == 0) return {};
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
    return {};
}

void Committer::place(Pending& pending) {
    auto& next = next_[pending.partition.value];
    for (std::size_t i = 0; i < pending.entries.size(); ++i) {
        auto& entry = pending.entries[i];
        entry.offset = next;
        ++next.value;
        const auto key = record_key(pending.partition, entry.offset);
        const rocksdb::Slice key_part = slice(key);
        const std::array<rocksdb::Slice, 2> value_parts = {slice(entry.key.view()),
                                                           slice(*entry.frame)};
        batch_.Put(store_.family(Family::kRecords),
                   rocksdb::SliceParts(&key_part, 1),
                   rocksdb::SliceParts(value_parts.data(), value_parts.size()));
        if (const auto* commit = std::get_if<CommitIndex>(&pending.indexes[i])) {
            index(entry.offset, *commit);
        } else if (const auto* claim = std::get_if<ClaimIndex>(&pending.indexes[i])) {
            index(pending.partition, entry.offset, *claim);
        }
    }
}

void Committer::index(Offset offset, const CommitIndex& commit) {
    const auto value = number_bytes(offset.value);
    const auto behind_run = run_first_.value + run_length(run_offsets_);
    if (run_tenant_ != commit.tenant || behind_run != commit.seq.value) {
        end_run();
        run_tenant_ = commit.tenant;
        run_first_ = commit.seq;
    }
    run_offsets_.append(value.data(), value.size());
    batch_.Put(store_.family(Family::kStreams),
               slice(stream_key(commit.tenant, commit.stream, commit.first_version)),
               slice(value));
    if (commit.binds_key) {
        batch_.Put(store_.family(Family::kKeys),
                   slice(commit.binds_key->view()),
                   slice(stream_prefix(commit.tenant, commit.stream)));
    }
}

void Committer::end_run() {
    if (run_offsets_.empty()) return;
    batch_.Put(
        store_.family(Family::kSeqs), slice(seq_key(run_tenant_, run_first_)), slice(run_offsets_));
    run_offsets_.clear();
}

void Committer::index(Partition partition, Offset offset, const ClaimIndex& claim) {
    batch_.Put(store_.family(Family::kClaims),
               slice(record_key(partition, offset)),
               slice(claim_value(claim.claim)));
}

}  // namespace events::local

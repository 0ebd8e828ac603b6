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
constexpr int kGatherShare = 10;

}  // namespace

Committer::Committer(Store& store, Tail& tail)
    : store_(store), tail_(tail), batch_(kBatchReserveBytes), next_(tail.partitions()) {
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
    Pending pending{.partition = partition,
                    .records = std::move(records),
                    .done = std::move(done),
                    .entries = {},
                    .refusal = {}};
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

void Committer::commit(std::vector<Pending>& group) {
    if (!failed_) {
        if (auto written = write(group); !written) failed_ = written.error();
    }
    if (!failed_) {
        for (auto& pending : group) {
            if (!pending.entries.empty()) tail_.add(pending.partition, std::move(pending.entries));
        }
    }
    gather_goal_ = group.size() + queued_.load(std::memory_order_acquire);
    for (auto& pending : group) {
        if (failed_) {
            pending.done(std::unexpected(*failed_));
        } else if (pending.refusal) {
            pending.done(std::unexpected(*pending.refusal));
        } else {
            pending.done({});
        }
    }
}

Status Committer::write(std::vector<Pending>& group) {
    if (store_.broken()) return fail(Errc::kStorage, "the log stopped after a background error");
    for (auto& pending : group) place(pending);
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
    if (pending.partition.value >= next_.size()) {
        pending.refusal = Error{Errc::kInvalidArgument, "no such partition"};
        return;
    }
    auto& next = next_[pending.partition.value];
    pending.entries.reserve(pending.records.size());
    for (auto& record : pending.records) {
        const auto offset = next;
        ++next.value;
        const auto key = record_key(pending.partition, offset);
        const rocksdb::Slice key_part = slice(key);
        const std::array<rocksdb::Slice, 2> value_parts = {slice(record.key.view()),
                                                           slice(record.frame)};
        batch_.Put(store_.family(Family::kRecords),
                   rocksdb::SliceParts(&key_part, 1),
                   rocksdb::SliceParts(value_parts.data(), value_parts.size()));
        if (const auto* commit = std::get_if<CommitIndex>(&record.index)) {
            index(pending.partition, offset, *commit);
        } else if (const auto* claim = std::get_if<ClaimIndex>(&record.index)) {
            index(pending.partition, offset, *claim);
        }
        pending.entries.push_back(
            Entry{.offset = offset,
                  .key = record.key,
                  .frame = std::make_shared<const std::string>(std::move(record.frame))});
    }
}

void Committer::index(Partition /*partition*/, Offset offset, const CommitIndex& commit) {
    const auto value = u64_bytes(offset.value);
    batch_.Put(
        store_.family(Family::kSeqs), slice(seq_key(commit.tenant, commit.seq)), slice(value));
    batch_.Put(store_.family(Family::kStreams),
               slice(stream_key(commit.tenant, commit.stream, commit.first_version)),
               slice(value));
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

}  // namespace events::local

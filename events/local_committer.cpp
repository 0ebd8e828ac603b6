#include "events/local_committer.hpp"

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace events::local {
namespace {

// Waking a sleeping thread costs as much as a fast flush; looking around this long first saves
// that.
constexpr std::chrono::microseconds kSpin{40};
// A flush from this long on is worth waiting for the next callers; for this share of it at most.
constexpr std::chrono::microseconds kSlowFlush{1000};
constexpr int kGatherShare = 4;

}  // namespace

Committer::Committer(Store& store, Tail& tail, Recent& recent, JournalRows journal)
    : store_(store),
      tail_(tail),
      rows_(store, recent, journal, /*synced=*/true),
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
    // Best effort: what fails to be written now is read from the journal at the next start.
    if (!failed_ && !store_.broken()) static_cast<void>(rows_.fold_all());
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
    for (auto& pending : group) {
        if (!pending.refused) place(pending);
    }
    const auto started = Clock::now();
    auto written = rows_.write();
    last_flush_ = Clock::now() - started;
    return written;
}

void Committer::place(Pending& pending) {
    auto& next = next_[pending.partition.value];
    for (std::size_t i = 0; i < pending.entries.size(); ++i) {
        pending.entries[i].offset = next;
        ++next.value;
        rows_.add(pending.partition, pending.entries[i], pending.indexes[i]);
    }
}

}  // namespace events::local

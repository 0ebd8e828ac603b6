#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "events/local_recent.hpp"
#include "events/local_rows.hpp"
#include "events/local_store.hpp"
#include "events/local_tail.hpp"
#include "events/log.hpp"

// The one thread that writes a local log. It takes whatever all partitions have queued, writes it
// as one synced batch, makes it readable, and only then tells the callers; what arrives meanwhile
// is the next batch. It never waits for more to come.
namespace events::local {

class Committer {
  public:
    // All are borrowed and outlive this. `journal` is what it has by now. On a secondary every
    // append fails.
    Committer(Store& store, Tail& tail, Recent& recent, JournalRows journal);
    // Writes what is queued and what the indexes on disk lack, then ends the thread.
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    void append(Partition partition, std::vector<Outgoing> records, AppendDone done);

  private:
    using Clock = std::chrono::steady_clock;

    struct Pending {
        Partition partition;
        std::vector<RecordIndex> indexes;
        std::vector<Entry> entries;  // as many; the committer gives them their offsets
        AppendDone done;
        std::optional<Error> refused;  // nothing of it is written
    };

    void run() noexcept;
    // Waits for work. False when there is none and none will come.
    bool take(std::vector<Pending>& group);
    void commit(std::vector<Pending>& group);
    // Refuses what has no room, and what was sent behind refused records under the same claim.
    void keep_reserve(std::vector<Pending>& group);
    Status write(std::vector<Pending>& group);
    // Gives the records their offsets.
    void place(Pending& pending);

    Store& store_;
    Tail& tail_;

    // Only the committer's thread touches these.
    Rows rows_;
    std::vector<Offset> next_;  // by partition
    std::vector<bool> shut_;    // by partition: refused, and no claim came since
    std::optional<Error> failed_;
    Clock::duration last_flush_{};
    // What would be queued if every caller answered last came back, and those that wait already.
    std::size_t gather_goal_ = 0;

    std::atomic<std::size_t> queued_ = 0;  // the queue's size, to look at without the mutex
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Pending> queue_;  // guarded by mutex_
    std::size_t wake_at_ = 0;     // guarded by mutex_: the size that ends a wait; 0: nobody waits
    bool stop_ = false;           // guarded by mutex_
    std::thread thread_;
};

}  // namespace events::local

#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/fence.hpp"
#include "events/log.hpp"

// One partition of one topic, as a node sees it: what it has sent and not read back, whether it may
// send, and how far it has read. Knows no librdkafka.
namespace events::kafka {

struct Finished {
    AppendDone done;
    Status status;
};

class Lane {
  public:
    // Hands one record to Kafka.
    using Send = std::function<Status(const RecordKey& key, std::string_view frame)>;
    // Any thread. Sends the records behind those sent before. What can be told at once is put into
    // `finished`: refused, or nothing to send. After a failure only an append that begins with a
    // claim is taken again (F6).
    void append(std::vector<Outgoing> records,
                AppendDone done,
                const Send& send,
                std::vector<Finished>& finished);
    // As if the append had failed for that reason: told in its order, nothing is sent.
    void refuse_next(const Error& why, AppendDone done, std::vector<Finished>& finished);
    // From now on as after a failed append; what is under way goes on.
    void shut(const Error& why);
    // What is under way has failed, and nothing is taken before the next claim.
    void fail_all(const Error& why, std::vector<Finished>& finished);

    // The reader's thread: a record has come back. Gives its index as it was told when it was sent
    // here, or nothing for a record of somebody else; what it completes goes into `finished`.
    std::optional<decltype(Outgoing::index)> came_back(std::string_view key,
                                                       std::vector<Finished>& finished);

    // The claim to send a heartbeat under, when nothing was sent since `idle_since` and something
    // may be.
    std::optional<ClaimRef> due_heartbeat(std::chrono::steady_clock::time_point idle_since);
    // The claim last sent here, unless nothing may follow it.
    [[nodiscard]] std::optional<ClaimRef> own_claim();
    [[nodiscard]] bool is_idle();
    // Whether something was sent before `then` and has not come back.
    [[nodiscard]] bool waits_since(std::chrono::steady_clock::time_point then);

    // The reader's thread only.
    Fence fence;
    Offset next;                     // behind the last record read
    std::optional<RecordKey> known;  // the key that the first record read must have, at `next`

  private:
    struct Sent {
        RecordKey key;
        decltype(Outgoing::index) index;
        AppendDone done;               // set in the last one of an append
        bool is_record = true;         // else it only waits for those before it
        std::optional<Error> refused;  // with is_record unset
        std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
    };
    void finish_waiting(std::vector<Finished>& finished);
    void refuse(AppendDone done, const Error& why, std::vector<Finished>& finished);

    std::mutex mutex_;
    std::deque<Sent> sent_;          // under mutex_
    std::optional<Error> shut_;      // under mutex_
    std::optional<ClaimRef> claim_;  // under mutex_: the last one sent here
    std::chrono::steady_clock::time_point last_sent_ = std::chrono::steady_clock::now();
};

}  // namespace events::kafka

#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/decider.hpp"
#include "commands/leadership.hpp"
#include "commands/meter.hpp"
#include "commands/work.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"

// The one writer of a partition: claim, decide, seal, append (pipelined), read back under the
// fence, answer. Everything of a partition runs on one strand; aggregates know nothing of it.
namespace commands {

// Most commands that wait for their turn; more are refused as overloaded.
inline constexpr std::size_t kInboxMax = 8'192;
// Most commits sent and not yet read back; the inbox waits meanwhile.
inline constexpr std::size_t kInFlightMax = 4'096;
// Streams whose state is kept between commands; those in flight are kept in any case.
inline constexpr std::size_t kCachedStreamsMax = 8'192;
// Public and personal bytes of one commit's events, well inside events::kRecordBytesMax.
inline constexpr std::size_t kCommitBytesMax = std::size_t{384} * 1024;

// What a partition works with; all borrowed, all outlive it.
struct PartitionServices {
    events::Log& log;
    events::History& history;
    events::KeyRing& keys;
    std::string node = "local";
    std::string address;
    // How long a partition that lost its claim waits before it claims again.
    std::chrono::milliseconds claim_again_after{1000};
    // The same where another claim deposed it: time for whoever said that this node should lead to
    // say otherwise. Nothing: as above.
    std::optional<std::chrono::milliseconds> claim_back_after{};
    // Told after each read-back: records up to before `end` may be shown. On the strand; no
    // blocking.
    std::function<void(events::Partition, events::Offset end)> on_read_back;
    // Told whenever this node begins or ends to hold the partition. On the strand; no blocking.
    std::function<void(events::Partition, bool holds)> on_holds{};
    // Told once if the log cannot go on; every later command is answered unavailable.
    std::function<void(const events::Error&)> on_failure;
    Meter* meter = nullptr;  // null: nobody measures
};

class PartitionWriter {
  public:
    // `executor` runs the strand's work, which may read the disk: a pool, not an I/O loop.
    PartitionWriter(events::Partition partition,
                    const PartitionServices& services,
                    const boost::asio::any_io_executor& executor);
    ~PartitionWriter();
    PartitionWriter(const PartitionWriter&) = delete;
    PartitionWriter& operator=(const PartitionWriter&) = delete;

    // Takes the partition: appends a claim of the next term and reads until it comes back. `ready`
    // is called once, on the strand; until then commands are answered unavailable. kStorageFull:
    // the disk has no room now; it goes on claiming, and commands are answered the same meanwhile.
    void claim(std::function<void(events::Status)> ready);

    // Gives the partition up: no command is taken any more, those in flight get their answers, and
    // then `released` is called, once, on the strand. Afterwards it only follows. Any thread.
    void release(std::function<void()> released);

    // The log has grown without this writer's doing: reads on, so that a leader with nothing in
    // flight learns that another claim deposed it, and a follower who leads. For a log that nodes
    // share; the first call begins to follow. Any thread.
    void read_on();

    // As of about now; any thread, never block.
    // Whether commands are taken here.
    [[nodiscard]] bool leads() const;
    // Whether this node's claim is the last one and was not given up: it leads, or will again as
    // soon as the log takes its next claim.
    [[nodiscard]] bool holds() const;
    // Whose claim is in force in what was read so far; nothing before the first.
    [[nodiscard]] std::optional<Leader> leader() const;

    // Decides, and answers once the commit is durable, read back and evolved; at once for a repeat
    // or a refusal that rests on durable state. Any thread; returns at once. `on_answer` runs on
    // the strand, or on the caller's thread when overloaded; it must not block.
    template <Decider A>
    void submit(const events::Uuid& stream,
                typename A::Command command,
                CommandMeta meta,
                OnAnswer on_answer) {
        enqueue(std::make_unique<WorkOf<A>>(
            events::StreamId{A::kKind, stream}, std::move(command), meta, std::move(on_answer)));
    }

    // As of about now. Any thread.
    [[nodiscard]] Load load() const;

  private:
    void enqueue(std::unique_ptr<Work> work);
    class Core;
    std::shared_ptr<Core> core_;
};

}  // namespace commands

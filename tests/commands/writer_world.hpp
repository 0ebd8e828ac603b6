#pragma once

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/conversation.hpp"
#include "commands/partition.hpp"
#include "events/key_ring.hpp"
#include "events/memory_log.hpp"
#include "events/record.hpp"
#include "tests/support/temp_dir.hpp"

// A partition writer on the log in memory, single-threaded: nothing happens until step() or
// settle().
namespace writer_world {

inline constexpr events::Partition kPartition{0};
inline const events::TenantId kTenant{.bytes = {1, 2, 3}};
inline const events::Uuid kStream{.bytes = {9}};

// An answer that may not have come yet.
using Pending = std::shared_ptr<std::optional<commands::Answer>>;

// The log in memory as the writer under test sees it: what comes back may be tampered with.
class TamperedLog final : public events::Log {
  public:
    explicit TamperedLog(events::Log& log) : log_(log) {}
    void append(events::Partition partition,
                std::vector<events::Outgoing> records,
                events::AppendDone done) override {
        log_.append(partition, std::move(records), std::move(done));
    }
    events::Result<std::vector<events::Entry>> read(events::Partition partition,
                                                    events::Offset from,
                                                    events::ReadLimit limit) override {
        auto entries = log_.read(partition, from, limit);
        if (entries && tamper) std::ranges::for_each(*entries, tamper);
        return entries;
    }
    events::Result<events::Offset> end(events::Partition partition) override {
        return log_.end(partition);
    }

    std::function<void(events::Entry&)> tamper;

  private:
    events::Log& log_;
};

// Counts what it is told.
class CountingMeter final : public commands::Meter {
  public:
    void answered(const commands::Answer& answer, std::chrono::nanoseconds took) override {
        ++(answer ? accepted : refused);
        negative = negative || took.count() < 0;
    }
    void appended(std::chrono::nanoseconds took) override {
        ++appends;
        negative = negative || took.count() < 0;
    }
    void read_back(std::chrono::nanoseconds took) override {
        ++rounds;
        negative = negative || took.count() < 0;
    }
    std::size_t accepted = 0;
    std::size_t refused = 0;
    std::atomic<std::size_t> appends = 0;
    std::size_t rounds = 0;
    bool negative = false;
};

class World {
  public:
    World();

    // Starts a writer as after a restart: what the last one had in memory is gone.
    void restart();
    // Runs what is ready without making anything durable.
    void run_ready();
    // Makes one round of appends durable and runs what follows.
    void step();
    // Steps until nothing is left to do.
    void settle();
    // The same, and gives the answer waited for.
    Pending settled(Pending pending);
    // Settles, with its timers, until the condition holds; false when it does not in a minute.
    bool wait_until(const std::function<bool()>& condition);

    // Queues the claim of a node that is not there.
    void claim_as_another_node(events::Term term);
    // Has the writer give the partition up; counts in `released` once it has.
    void release();
    // Has it claim again.
    void claim();
    // A writer beside the first, on the same log, that only follows.
    std::unique_ptr<commands::PartitionWriter> follower();

    Pending open(std::uint16_t command, const events::Uuid& stream = kStream);
    Pending send(std::uint16_t command,
                 const std::string& text,
                 std::optional<events::Version> expected = std::nullopt);
    // A message with a command id of its own for each number.
    Pending send_numbered(std::uint64_t number);

    [[nodiscard]] commands::Load load() const { return writer_->load(); }

    CountingMeter meter;
    events::MemoryLog log{1};
    TamperedLog seen{log};
    std::unique_ptr<events::KeyRing> keys;
    std::vector<events::Offset> read_back;  // each call of on_read_back
    std::optional<events::Error> failure;
    std::optional<events::Status> claimed;
    std::vector<bool> holds;  // each call of on_holds
    std::size_t released = 0;
    [[nodiscard]] commands::PartitionWriter& writer() { return *writer_; }

  private:
    commands::CommandMeta meta(std::uint16_t command, std::uint8_t body) const;
    Pending submit(const std::string& text, const commands::CommandMeta& given);

    test_support::TempDir dir_;
    boost::asio::io_context loop_;
    std::unique_ptr<commands::PartitionWriter> writer_;
};

// The records of the log in order, decoded.
std::vector<events::Record> records_of(events::MemoryLog& log);

}  // namespace writer_world

#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "events/fence.hpp"
#include "events/log.hpp"

// A log that several nodes share, with everything that may happen between sending and knowing: an
// append lands now or much later, its completion comes late, or tells of a failure whether it
// landed or not. What one node sends under one claim lands in order and without a gap (F6).
namespace faults {

// What goes wrong on purpose, to show that the simulation notices.
enum class Defect : std::uint8_t {
    kNone,
    kLosesWhatItShowed,  // the log shows a record and takes it back
    kSkipsAppends,       // one append is lost, the next one lands
    kShowsWhatIsQueued,  // a node reads back what has not landed, and acknowledges it
    kCountsVoidRecords,  // a node decides over what was sent under another claim
    kForgetsCommandIds,  // a node that loads a stream does not know what it answered
};

class SharedLog {
  public:
    explicit SharedLog(Defect defect = Defect::kNone) : defect_(defect) {}

    // What a node sent under one claim, in order.
    struct Lane {
        struct Append {
            std::vector<events::Outgoing> records;
            events::AppendDone done;  // empty: somebody who is gone, or was told already
        };
        std::deque<Append> queue;
        bool failed = false;  // its node was told so: everything else of it fails, too
        bool cut = false;     // nothing of it lands any more
    };

    std::shared_ptr<Lane> open_lane();

    // Choices of the simulation; `pick` chooses among what there is.
    using Pick = std::function<std::size_t(std::size_t count)>;
    // One append lands, or is lost with all behind it in its lane. False: there is none.
    bool land_one(const Pick& pick);
    // One sender is told of a failure, although what it sent may land yet.
    bool fail_one(const Pick& pick);
    // One completion reaches its sender.
    bool deliver_one(const Pick& pick);
    [[nodiscard]] bool is_quiet() const;

    // With the defect: its sender is told that all of it is durable.
    void acknowledge_early(const std::shared_ptr<Lane>& lane);

    [[nodiscard]] Defect defect() const { return defect_; }
    [[nodiscard]] const std::vector<events::Entry>& entries() const { return entries_; }
    [[nodiscard]] const std::vector<events::Outgoing>& records() const { return landed_; }

  private:
    struct Completion {
        std::shared_ptr<Lane> lane;
        events::AppendDone done;
        events::Status status;
    };
    std::vector<std::shared_ptr<Lane>> lanes_with_work() const;
    void land(Lane::Append& append);

    Defect defect_;
    std::vector<std::shared_ptr<Lane>> lanes_;
    std::deque<Completion> completions_;
    std::vector<events::Entry> entries_;
    std::vector<events::Outgoing> landed_;  // as many, with what their indexes need
};

// One node's connection to it, and the replica of its indexes, filled under the fence.
class NodeLog final : public events::Log, public events::History {
  public:
    explicit NodeLog(SharedLog& shared) : shared_(shared) {}
    // The node is gone: nobody hears of its appends, which may land all the same.
    void disconnect();
    // Whether the claim it sent last is the one in force, known to it or not.
    [[nodiscard]] bool leads();

    void append(events::Partition partition,
                std::vector<events::Outgoing> records,
                events::AppendDone done) override;
    events::Result<std::vector<events::Entry>> read(events::Partition partition,
                                                    events::Offset from,
                                                    events::ReadLimit limit) override;
    events::Result<events::Offset> end(events::Partition partition) override;

    [[nodiscard]] std::uint16_t partitions() const override { return 1; }
    events::Result<events::Seq> head(const events::TenantId& tenant) override;
    events::Result<events::Offset> offset_of(const events::TenantId& tenant,
                                             events::Seq seq) override;
    events::Result<std::vector<events::Entry>> read_stream(const events::TenantId& tenant,
                                                           const events::StreamId& stream,
                                                           events::Version from,
                                                           events::ReadLimit limit) override;
    events::Result<std::vector<events::ClaimAt>> claims(events::Partition partition) override;
    events::Result<bool> is_bound(const events::KeyId& key) override;
    events::Result<std::vector<events::TenantId>> tenants() override;

  private:
    void catch_up();
    void show_queue(events::Offset from, std::vector<events::Entry>& out) const;

    SharedLog& shared_;
    std::shared_ptr<SharedLog::Lane> lane_;
    std::optional<events::ClaimRef> claim_;
    bool gone_ = false;
    std::size_t seen_ = 0;
    events::Fence fence_;
    std::map<events::TenantId, std::map<events::Seq, events::Offset>> seqs_;
    std::map<std::tuple<events::TenantId, events::StreamId, events::Version>, events::Offset>
        streams_;
    std::vector<events::ClaimAt> claims_;
    std::set<events::KeyId> bound_;
};

}  // namespace faults

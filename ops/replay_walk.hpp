#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/fence.hpp"
#include "events/ids.hpp"
#include "events/record.hpp"

// One tenant's history out of a partition's records: the fence decides which commits count, seqs
// are dense, each commitment opens. Knows neither keys nor how a line looks.
namespace ops {

struct ReplayFilter {
    events::TenantId tenant;
    std::optional<events::StreamId> stream;
    events::Seq from{1};                // inclusive
    events::Seq to{UINT64_MAX};         // inclusive
    std::optional<std::int64_t> since;  // ms since 1970, inclusive
    std::optional<std::int64_t> until;  // exclusive
};

// Something that may not be in a log, or is missing in it.
struct Violation {
    std::string what;
    std::optional<events::Seq> seq = std::nullopt;
    std::optional<events::StreamId> stream = std::nullopt;
    std::optional<std::int64_t> time_unix_ms = std::nullopt;
};

class ReplayWalk {
  public:
    struct Sink {
        // A commit that counts, is wanted and opens. Borrowed for the call.
        std::function<events::Status(const events::OpenedHeader&, const events::Commit&)> commit;
        std::function<void(const Violation&)> violation;
    };
    ReplayWalk(const ReplayFilter& filter, Sink sink);

    // The tenant's next commit, of which somebody else has said that it counts. As below.
    bool take(events::Seq seq, std::string_view frame);
    // The next record of the partition; the first is the partition's first. False when nothing more
    // is wanted: the end of the range was passed, or failure() tells why.
    bool take(events::Offset offset, std::string_view frame);
    // After the last record. `head` is the tenant's highest seq as the index had it before the
    // scan.
    void finish(events::Seq head);

    // What ended the walk early and is no violation: written by a newer program, or the sink's.
    [[nodiscard]] const std::optional<events::Error>& failure() const { return failure_; }
    // Whether a commit of the wanted stream was met, in range or not.
    [[nodiscard]] bool met_stream() const { return met_stream_; }

  private:
    bool take_commit(std::uint64_t place, const events::Record& record, bool counts);
    void take_tombstone(const parlour::log::v1::Tombstone& tombstone);
    void judge_order(events::Seq seq);
    void report_missing(std::uint64_t first, std::uint64_t last);
    [[nodiscard]] bool in_range(events::Seq seq) const;
    [[nodiscard]] bool is_wanted(const events::CommitMeta& meta) const;

    const ReplayFilter filter_;
    const Sink sink_;
    events::Fence fence_;
    events::Record record_;        // reused from record to record
    events::OpenedHeader opened_;  // the same
    events::Seq expected_{1};
    std::set<std::uint64_t> void_seqs_;  // beyond expected_; few: what a dead writer left
    std::optional<events::Error> failure_;
    bool met_stream_ = false;
    bool past_end_ = false;
};

}  // namespace ops

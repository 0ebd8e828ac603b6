#include "ops/replay_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ops {

using events::Errc;
using events::Seq;
using parlour::log::v1::Record;

ReplayWalk::ReplayWalk(const ReplayFilter& filter, Sink sink)
    : filter_(filter), sink_(std::move(sink)) {}

bool ReplayWalk::in_range(Seq seq) const {
    return seq >= filter_.from && seq <= filter_.to;
}

bool ReplayWalk::is_wanted(const events::CommitMeta& meta) const {
    if (filter_.stream && meta.stream != *filter_.stream) return false;
    if (filter_.since && meta.time_unix_ms < *filter_.since) return false;
    return !filter_.until || meta.time_unix_ms < *filter_.until;
}

bool ReplayWalk::take(Seq seq, std::string_view frame) {
    const auto decoded = events::decode_record(frame, record_);
    if (!decoded && decoded.error().code == Errc::kUnknownSchema) {
        failure_ = decoded.error();
        return false;
    }
    if (!decoded) {
        sink_.violation({.what = "damaged record", .seq = seq});
        return true;
    }
    if (record_.has_tombstone()) take_tombstone(record_.tombstone());
    if (!record_.has_commit()) return true;
    return take_commit(seq.value, record_, /*counts=*/true);
}

bool ReplayWalk::take(events::Offset offset, std::string_view frame) {
    const auto decoded = events::decode_record(frame, record_);
    if (!decoded) {
        if (decoded.error().code == Errc::kUnknownSchema) {
            failure_ = decoded.error();
            return false;
        }
        sink_.violation({.what = fmt::format("damaged record at offset {}", offset.value)});
        return true;
    }
    const events::Verdict verdict = fence_.apply(record_);
    if (record_.has_tombstone()) take_tombstone(record_.tombstone());
    if (!record_.has_commit()) return true;
    return take_commit(offset.value, record_, verdict == events::Verdict::kCounts);
}

bool ReplayWalk::take_commit(std::uint64_t place, const Record& record, bool counts) {
    const events::Commit& commit = record.commit();
    if (!events::read_header(commit, opened_)) {
        sink_.violation({.what = fmt::format("damaged header at {}", place)});
        return true;
    }
    const events::CommitMeta& meta = opened_.meta;
    if (meta.tenant != filter_.tenant) return true;
    if (!counts) {
        void_seqs_.insert(meta.seq.value);
        return true;
    }
    judge_order(meta.seq);
    if (meta.seq > filter_.to) {
        past_end_ = true;
        return false;
    }
    if (filter_.stream && meta.stream == *filter_.stream) met_stream_ = true;
    if (!in_range(meta.seq)) return true;
    // Before the filters of time and stream: those read the very header that the commitment proves.
    if (!events::opens(commit)) {
        sink_.violation({.what = "the commitment does not open",
                         .seq = meta.seq,
                         .stream = meta.stream,
                         .time_unix_ms = meta.time_unix_ms});
        return true;
    }
    if (!is_wanted(meta)) return true;
    if (auto done = sink_.commit(opened_, commit); !done) {
        failure_ = std::move(done.error());
        return false;
    }
    return true;
}

// An erased commit leaves a tombstone that an erasure commit before it names. No commit of this
// schema is one, so nothing gives a tombstone its authority.
void ReplayWalk::take_tombstone(const parlour::log::v1::Tombstone& tombstone) {
    if (tombstone.tenant() != filter_.tenant.view()) return;
    const Seq seq{tombstone.seq()};
    if (seq == expected_) ++expected_.value;
    if (!in_range(seq)) return;
    Violation violation{.what = "tombstone without authority", .seq = seq};
    if (const auto uuid = events::Uuid::from_bytes(tombstone.stream())) {
        violation.stream = events::StreamId{.kind = tombstone.stream_kind(), .uuid = *uuid};
    }
    if (!filter_.stream || violation.stream == filter_.stream) sink_.violation(violation);
}

void ReplayWalk::judge_order(Seq seq) {
    if (seq < expected_) {
        if (in_range(seq)) {
            sink_.violation({.what = "the seq stands behind a higher one", .seq = seq});
        }
        return;
    }
    if (seq > expected_) report_missing(expected_.value, seq.value - 1);
    expected_ = Seq{seq.value + 1};
    void_seqs_.erase(void_seqs_.begin(), void_seqs_.lower_bound(expected_.value));
}

void ReplayWalk::report_missing(std::uint64_t first, std::uint64_t last) {
    const std::uint64_t from = std::max(first, filter_.from.value);
    const std::uint64_t to = std::min(last, filter_.to.value);
    if (from > to) return;
    const std::string what =
        from == to ? "missing" : fmt::format("missing, with every seq up to {}", to);
    sink_.violation({.what = what, .seq = Seq{from}});
}

void ReplayWalk::finish(Seq head) {
    if (past_end_ || failure_) return;
    // The index may have taken in what the fence declares void.
    std::uint64_t last = head.value;
    while (last >= expected_.value && void_seqs_.contains(last)) --last;
    if (last >= expected_.value) report_missing(expected_.value, last);
}

}  // namespace ops

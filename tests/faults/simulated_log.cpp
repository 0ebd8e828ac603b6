#include "tests/faults/simulated_log.hpp"

#include <algorithm>
#include <utility>

#include "events/commit.hpp"
#include "events/record.hpp"

namespace faults {

using events::Entry;
using events::Errc;
using events::Offset;
using events::Outgoing;
using events::Partition;
using events::Result;
using events::Seq;
using events::Status;

namespace {

// The same record as if another command had made it.
std::shared_ptr<const std::string> with_another_command(const std::string& frame) {
    events::Record record;
    events::CommitHeader header;
    if (!events::decode_record(frame, record) || !record.has_commit() ||
        !header.ParseFromString(record.commit().header())) {
        return std::make_shared<const std::string>(frame);
    }
    header.set_command_id(std::string(events::random_id<events::CommandId>().view()));
    record.mutable_commit()->set_header(header.SerializeAsString());
    const auto commitment = events::commitment_of(record.commit());
    record.mutable_commit()->set_commitment(commitment.data(), commitment.size());
    return std::make_shared<const std::string>(events::encode_record(record).value_or(frame));
}

}  // namespace

std::shared_ptr<SharedLog::Lane> SharedLog::open_lane() {
    return lanes_.emplace_back(std::make_shared<Lane>());
}

std::vector<std::shared_ptr<SharedLog::Lane>> SharedLog::lanes_with_work() const {
    std::vector<std::shared_ptr<Lane>> found;
    std::ranges::copy_if(
        lanes_, std::back_inserter(found), [](const auto& lane) { return !lane->queue.empty(); });
    return found;
}

void SharedLog::land(Lane::Append& append) {
    for (auto& record : append.records) {
        entries_.push_back(Entry{.offset = Offset{entries_.size()},
                                 .key = record.key,
                                 .frame = std::make_shared<const std::string>(record.frame)});
        landed_.push_back(std::move(record));
    }
}

bool SharedLog::land_one(const Pick& pick) {
    constexpr std::size_t kOneInSo = 12;
    const auto lanes = lanes_with_work();
    if (lanes.empty()) return false;
    const auto& lane = lanes[pick(lanes.size())];
    auto append = std::move(lane->queue.front());
    lane->queue.pop_front();
    // A failure that its node knows of may be where the rest of the lane was lost.
    if (lane->failed && pick(2) == 0) lane->cut = true;
    const bool skipped = defect_ == Defect::kSkipsAppends && pick(kOneInSo) == 0;
    if (!lane->cut && !skipped) land(append);
    if (!append.done) return true;
    Status status;
    if (lane->cut || lane->failed) status = events::fail(Errc::kUnavailable, "the append failed");
    completions_.push_back({.lane = lane, .done = std::move(append.done), .status = status});
    return true;
}

bool SharedLog::fail_one(const Pick& pick) {
    auto lanes = lanes_with_work();
    std::erase_if(lanes, [](const auto& lane) { return lane->failed; });
    if (lanes.empty()) return false;
    const auto& lane = lanes[pick(lanes.size())];
    lane->failed = true;
    for (auto& append : lane->queue) {
        if (!append.done) continue;
        completions_.push_back({.lane = lane,
                                .done = std::exchange(append.done, nullptr),
                                .status = events::fail(Errc::kUnavailable, "no answer in time")});
    }
    return true;
}

// Completions of one lane come in order, those of different lanes in any.
bool SharedLog::deliver_one(const Pick& pick) {
    if (completions_.empty()) return false;
    std::vector<std::size_t> firsts;
    std::set<const Lane*> met;
    for (std::size_t i = 0; i < completions_.size(); ++i) {
        if (met.insert(completions_[i].lane.get()).second) firsts.push_back(i);
    }
    const auto chosen =
        completions_.begin() + static_cast<std::ptrdiff_t>(firsts[pick(firsts.size())]);
    const Completion completion = std::move(*chosen);
    completions_.erase(chosen);
    completion.done(completion.status);
    if (defect_ == Defect::kLosesWhatItShowed && entries_.size() > 8 && pick(8) == 0) {
        entries_.pop_back();
        landed_.pop_back();
    }
    return true;
}

void SharedLog::acknowledge_early(const std::shared_ptr<Lane>& lane) {
    for (auto& append : lane->queue) {
        if (!append.done) continue;
        completions_.push_back(
            {.lane = lane, .done = std::exchange(append.done, nullptr), .status = {}});
    }
}

bool SharedLog::is_quiet() const {
    return completions_.empty() && lanes_with_work().empty();
}

void NodeLog::disconnect() {
    // What it sent and the shared log still holds lands without anybody to tell.
    gone_ = true;
    if (!lane_) return;
    for (auto& append : lane_->queue) append.done = nullptr;
    lane_.reset();
}

bool NodeLog::leads() {
    catch_up();
    return claim_ && fence_.in_force() == claim_;
}

void NodeLog::append(Partition /*partition*/,
                     std::vector<Outgoing> records,
                     events::AppendDone done) {
    if (gone_) return;
    const auto* const claim =
        records.empty() ? nullptr : std::get_if<events::ClaimIndex>(&records.front().index);
    if (claim != nullptr) claim_ = claim->claim;
    if (claim != nullptr || !lane_) lane_ = shared_.open_lane();
    lane_->queue.push_back({.records = std::move(records), .done = std::move(done)});
    if (shared_.defect() == Defect::kShowsWhatIsQueued) shared_.acknowledge_early(lane_);
}

void NodeLog::show_queue(Offset from, std::vector<Entry>& out) const {
    Offset next{shared_.entries().size()};
    for (const auto& append : lane_->queue) {
        for (const auto& record : append.records) {
            if (next >= from) {
                out.push_back({.offset = next,
                               .key = record.key,
                               .frame = std::make_shared<const std::string>(record.frame)});
            }
            ++next.value;
        }
    }
}

Result<std::vector<Entry>> NodeLog::read(Partition /*partition*/,
                                         Offset from,
                                         events::ReadLimit limit) {
    const auto& all = shared_.entries();
    std::vector<Entry> out;
    for (auto i = from.value; i < all.size() && out.size() < limit.records; ++i) {
        out.push_back(all[i]);
    }
    if (shared_.defect() == Defect::kShowsWhatIsQueued && out.empty() && lane_) {
        show_queue(from, out);
    }
    return out;
}

Result<Offset> NodeLog::end(Partition /*partition*/) {
    return Offset{shared_.entries().size()};
}

void NodeLog::catch_up() {
    events::Record record;
    for (; seen_ < shared_.entries().size(); ++seen_) {
        const Offset offset{seen_};
        const auto& index = shared_.records()[seen_].index;
        if (!events::decode_record(*shared_.entries()[seen_].frame, record)) continue;
        if (const auto* claim = std::get_if<events::ClaimIndex>(&index)) {
            claims_.push_back({claim->claim, offset});
        }
        const bool counts = fence_.apply(record) == events::Verdict::kCounts;
        if (!counts && shared_.defect() != Defect::kCountsVoidRecords) continue;
        const auto* const commit = std::get_if<events::CommitIndex>(&index);
        if (commit == nullptr) continue;
        seqs_[commit->tenant][commit->seq] = offset;
        streams_[{commit->tenant, commit->stream, commit->first_version}] = offset;
        if (commit->binds_key) bound_.insert(*commit->binds_key);
    }
}

Result<Seq> NodeLog::head(const events::TenantId& tenant) {
    catch_up();
    const auto found = seqs_.find(tenant);
    return found == seqs_.end() ? Seq{} : found->second.rbegin()->first;
}

Result<Offset> NodeLog::offset_of(const events::TenantId& tenant, Seq seq) {
    catch_up();
    const auto found = seqs_[tenant].find(seq);
    if (found != seqs_[tenant].end()) return found->second;
    return events::fail(Errc::kNotFound, "no commit has this seq");
}

Result<std::vector<Entry>> NodeLog::read_stream(const events::TenantId& tenant,
                                                const events::StreamId& stream,
                                                events::Version from,
                                                events::ReadLimit limit) {
    catch_up();
    std::vector<Entry> out;
    for (auto at = streams_.lower_bound({tenant, stream, from});
         at != streams_.end() && std::get<0>(at->first) == tenant &&
         std::get<1>(at->first) == stream && out.size() < limit.records;
         ++at) {
        if (at->second.value < shared_.entries().size()) {
            auto& entry = out.emplace_back(shared_.entries()[at->second.value]);
            if (shared_.defect() == Defect::kForgetsCommandIds) {
                entry.frame = with_another_command(*entry.frame);
            }
        }
    }
    return out;
}

Result<std::vector<events::ClaimAt>> NodeLog::claims(Partition /*partition*/) {
    catch_up();
    return claims_;
}

Result<bool> NodeLog::is_bound(const events::KeyId& key) {
    catch_up();
    return bound_.contains(key);
}

Result<std::vector<events::TenantId>> NodeLog::tenants() {
    catch_up();
    std::vector<events::TenantId> out;
    for (const auto& [tenant, ignored] : seqs_) out.push_back(tenant);
    return out;
}

}  // namespace faults

#include "projections/follower.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace projections {

using events::Errc;
using events::fail;
using events::Offset;
using events::Partition;
using events::Record;
using parlour::views::v1::ViewPosition;

namespace {

constexpr std::size_t kBytesPerBatchMax = std::size_t{4} << 20U;

void raise_to(std::atomic<std::uint64_t>& value, std::uint64_t at_least) {
    auto seen = value.load();
    while (seen < at_least && !value.compare_exchange_weak(seen, at_least)) {
    }
}

ViewPosition position_at(Offset next, const events::Fence& fence) {
    ViewPosition position;
    position.set_next_offset(next.value);
    if (const auto& claim = fence.in_force()) {
        position.set_term(claim->term.value);
        position.set_claim_id(claim->id.bytes.data(), claim->id.bytes.size());
    }
    return position;
}

// Says where the log holds what could not be read.
events::Error at(Partition partition, Offset offset, events::Error error) {
    error.detail =
        fmt::format("partition {} offset {}: {}", partition.value, offset.value, error.detail);
    return error;
}

}  // namespace

Follower::Follower(events::Log& log,
                   std::uint16_t partitions,
                   Store& store,
                   std::vector<Projection*> views)
    : log_(log), store_(store), views_(std::move(views)), marks_(partitions) {}

void Follower::expect(Partition partition, Offset end) {
    if (partition.value < marks_.size()) raise_to(marks_[partition.value].end, end.value);
}

Offset Follower::reached(Partition partition) const {
    return partition.value < marks_.size() ? Offset{marks_[partition.value].reached.load()}
                                           : Offset{};
}

std::uint64_t Follower::behind() const {
    std::uint64_t records = 0;
    for (std::size_t p = 0; p < marks_.size(); ++p) {
        if (!is_open(Partition{static_cast<std::uint16_t>(p)})) continue;
        const auto& marks = marks_[p];
        const auto reached = marks.reached.load();  // before the end, which only grows
        const auto end = marks.end.load();
        records += end > reached ? end - reached : 0;
    }
    return records;
}

events::Result<Follower::Group> Follower::stored_group(Projection& view, Partition partition) {
    const auto position = store_.position(view, partition);
    if (!position) return std::unexpected(position.error());
    Group group{.views = {&view}, .next = Offset{position->next_offset()}, .fence = {}};
    if (position->claim_id().empty()) return group;
    const auto claim = events::ClaimId::from_bytes(position->claim_id());
    if (!claim) return fail(Errc::kDamaged, "the claim id of a view position is not 16 bytes");
    group.fence =
        events::Fence(events::ClaimRef{.term = events::Term{position->term()}, .id = *claim});
    return group;
}

events::Result<Follower::Reader> Follower::stored_reader(Partition partition) {
    Reader reader{.partition = partition, .groups = {}};
    for (Projection* const view : views_) {
        auto group = stored_group(*view, partition);
        if (!group) return std::unexpected(std::move(group.error()));
        const auto same = std::ranges::find(reader.groups, group->next, &Group::next);
        if (same == reader.groups.end()) {
            reader.groups.push_back(std::move(*group));
        } else {
            same->views.push_back(view);
        }
    }
    std::ranges::sort(reader.groups, {}, &Group::next);
    return reader;
}

events::Status Follower::load() {
    readers_.clear();
    for (std::size_t p = 0; p < marks_.size(); ++p) {
        auto reader = stored_reader(Partition{static_cast<std::uint16_t>(p)});
        if (!reader) return std::unexpected(std::move(reader.error()));
        readers_.push_back(std::move(*reader));
        publish(readers_.back());
    }
    return {};
}

events::Status Follower::learn_ends() {
    for (const auto& reader : readers_) {
        const auto end = log_.end(reader.partition);
        if (!end) return std::unexpected(end.error());
        expect(reader.partition, *end);
    }
    return {};
}

bool Follower::is_behind(const Reader& reader, bool leader) const {
    if (reader.groups.empty() || !is_open(reader.partition)) return false;
    return leader ? reader.groups.back().next.value < marks_[reader.partition.value].end.load()
                  : reader.groups.size() > 1;
}

events::Result<Follower::Step> Follower::step(std::size_t records_max) {
    const auto batch = store_.batch();
    Budget budget{.records = records_max, .bytes = kBytesPerBatchMax};
    std::vector<std::size_t> moved;
    for (const bool leader : {true, false}) {
        for (std::size_t i = 0; i < readers_.size() && !budget.spent(); ++i) {
            const std::size_t index = (first_reader_ + i) % readers_.size();
            if (!is_behind(readers_[index], leader)) continue;
            if (auto read = read_some(readers_[index], leader, *batch, budget); !read) {
                return std::unexpected(std::move(read.error()));
            }
            moved.push_back(index);
        }
    }
    if (moved.empty()) return Step::kIdle;
    if (auto committed = batch->commit(); !committed) {
        return std::unexpected(std::move(committed.error()));
    }
    for (const std::size_t index : moved) publish(readers_[index]);
    first_reader_ = (moved.back() + 1) % readers_.size();
    return budget.spent() ? Step::kFull : Step::kPart;
}

// The group in front reads to the end; the last one reads to where the one before it stands, and
// joins it there.
events::Status Follower::read_some(Reader& reader,
                                   bool leader,
                                   Store::Batch& batch,
                                   Budget& budget) {
    auto& groups = reader.groups;
    Group& group = leader ? groups.back() : groups.front();
    const auto entries =
        log_.read(reader.partition, group.next, {.records = budget.records, .bytes = budget.bytes});
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) {
        if (!leader) {
            group.next = groups[1].next;
        } else if (auto passed = pass_gap(reader.partition, group); !passed) {
            return passed;
        }
    }
    for (const auto& entry : *entries) {
        if (!leader && entry.offset >= groups[1].next) {
            group.next = groups[1].next;
            break;
        }
        if (auto applied = apply(entry, group, batch); !applied) {
            if (!is_open(reader.partition)) break;
            return std::unexpected(at(reader.partition, entry.offset, std::move(applied.error())));
        }
        group.next = Offset{entry.offset.value + 1};
        budget.records -= 1;
        budget.bytes -= std::min(budget.bytes, entry.frame->size());
    }
    for (const auto* const view : group.views) {
        batch.set_position(*view, reader.partition, position_at(group.next, group.fence));
    }
    if (!leader && group.next == groups[1].next) {
        groups[1].views.insert(groups[1].views.end(), group.views.begin(), group.views.end());
        groups.erase(groups.begin());
    }
    return {};
}

// Nothing lies before the expected end: the records there are gone, or never came.
events::Status Follower::pass_gap(Partition partition, Group& group) {
    auto expected = marks_[partition.value].end.load();
    const auto end = log_.end(partition);
    if (!end) return std::unexpected(end.error());
    if (*end <= group.next) {
        marks_[partition.value].end.compare_exchange_strong(expected, group.next.value);
        return {};
    }
    // Only a read begun after the end was known tells that nothing lies before it.
    const auto again = log_.read(partition, group.next, {.records = 1});
    if (!again) return std::unexpected(again.error());
    if (again->empty()) group.next = *end;
    return {};
}

events::Status Follower::apply(const events::Entry& entry, Group& group, Store::Batch& batch) {
    if (auto decoded = events::decode_record(*entry.frame, record_); !decoded) return decoded;
    switch (group.fence.apply(record_)) {
        case events::Verdict::kClaimInForce:
        case events::Verdict::kClaimLost:
        case events::Verdict::kVoid:
            return {};
        case events::Verdict::kCounts:
            break;
    }
    switch (record_.body_case()) {
        case Record::kCommit:
            return apply_commit(group, batch);
        case Record::kClaim:
        case Record::kTombstone:
        case Record::kVoidTombstone:
        case Record::kKeyCreated:
        case Record::kKeyDestroyed:
        case Record::kFileChunk:
        case Record::kHeartbeat:
        case Record::kCheckpoint:
            return {};
        case Record::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "a record of an unknown kind");
}

events::Status Follower::apply_commit(const Group& group, Store::Batch& batch) {
    if (auto read = events::read_header(record_.commit(), opened_); !read) return read;
    const Committed committed{.opened = opened_, .commit = record_.commit()};
    for (auto* const view : group.views) {
        if (auto applied = view->apply(committed, batch.rows(*view)); !applied) {
            applied.error().detail =
                fmt::format("view {}: {}", view->name(), applied.error().detail);
            return applied;
        }
    }
    return {};
}

void Follower::publish(const Reader& reader) {
    auto& marks = marks_[reader.partition.value];
    // Without views there is nothing to wait for.
    raise_to(marks.reached,
             reader.groups.empty() ? marks.end.load() : reader.groups.front().next.value);
}

}  // namespace projections

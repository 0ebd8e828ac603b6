#include "gateway/live_replay.hpp"

#include <algorithm>

#include "events/record.hpp"

namespace gateway {

using events::Errc;
using events::fail;
using events::Offset;
using events::Result;
using events::Seq;
using events::Status;
using events::Version;

namespace {

events::StreamId stream_of(const LiveTopic& topic) {
    return {.kind = parlour::log::v1::STREAM_KIND_CONVERSATION, .uuid = topic.id};
}

}  // namespace

// Offsets of a tenant's commits grow with their seq.
Result<Seq> LiveReplay::newest_before(Offset until) {
    const auto head = parts_.history.head(what_.tenant);
    if (!head) return head;
    std::uint64_t low = 0;  // lies before
    std::uint64_t high = head->value + 1;
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto offset = parts_.history.offset_of(what_.tenant, Seq{middle});
        if (!offset) return std::unexpected(offset.error());
        (*offset < until ? low : high) = middle;
    }
    return Seq{low};
}

Result<LiveReplay::Start> LiveReplay::start(const std::optional<LivePosition>& after,
                                            Offset until) {
    const auto newest = newest_before(until);
    if (!newest) return std::unexpected(newest.error());
    // The client may know of a commit that the views have not read yet, but of none that is not
    // there.
    const auto head = parts_.history.head(what_.tenant);
    if (!head) return std::unexpected(head.error());
    after_ = after.value_or(LivePosition{.seq = *newest, .part = 0});
    if (after_.seq > *head) return Start{.position = after_, .gap = true};
    if (what_.topic.kind == TopicKind::kConversation) return start_conversation();
    const std::uint64_t whole = after_.part == 0 ? after_.seq.value : after_.seq.value - 1;
    next_seq_ = Seq{whole + 1};
    return Start{.position = after_,
                 .gap = newest->value > whole && newest->value - whole > kLiveBehindMax};
}

// Whether the first commit from `version` on is behind `seq`, or there is none.
Result<bool> LiveReplay::follows(Version version, Seq seq) {
    const auto entries =
        parts_.history.read_stream(what_.tenant, stream_of(what_.topic), version, {.records = 1});
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) return true;
    if (auto decoded = events::decode_record(*entries->front().frame, record_); !decoded) {
        return std::unexpected(std::move(decoded.error()));
    }
    if (!record_.has_commit()) return fail(Errc::kErased, "the conversation is being erased");
    if (auto read = events::read_header(record_.commit(), opened_); !read) {
        return std::unexpected(std::move(read.error()));
    }
    return opened_.meta.seq > seq;
}

// A stream's seqs grow with its versions.
Result<LiveReplay::Start> LiveReplay::start_conversation() {
    const auto head = parts_.conversations.find(parts_.store, what_.tenant, stream_of(what_.topic));
    if (!head) return std::unexpected(head.error());
    const Seq whole{after_.part == 0 ? after_.seq.value : after_.seq.value - 1};
    std::uint64_t low = 0;  // is at or before
    std::uint64_t high = head->last_version.value + 1;
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto behind = follows(Version{middle}, whole);
        if (!behind) return std::unexpected(behind.error());
        (*behind ? high : low) = middle;
    }
    next_version_ = Version{high};
    return Start{.position = after_, .gap = head->last_version.value + 1 - high > kLiveBehindMax};
}

Result<LiveReplay::Piece> LiveReplay::next(Offset until) {
    return what_.topic.kind == TopicKind::kConversation ? next_of_conversation(until)
                                                        : next_of_inbox(until);
}

// What the commit says to this topic, if anything.
Status LiveReplay::add(const events::Entry& entry, Piece& piece) {
    if (auto decoded = events::decode_record(*entry.frame, record_); !decoded) return decoded;
    if (!record_.has_commit()) return {};  // erased
    if (auto read = events::read_header(record_.commit(), opened_); !read) return read;
    WantedTopics wanted{.conversation = what_.topic.kind == TopicKind::kConversation, .inbox = {}};
    if (!wanted.conversation) {
        wanted.inbox = [this](const events::Uuid& expert) { return expert == what_.topic.id; };
    }
    const auto all = topic_items(parts_, opened_, record_.commit(), wanted);
    if (!all) return std::unexpected(all.error());
    for (const auto& [topic, items] : *all) {
        if (topic != what_.topic) continue;
        for (const auto& item : items) {
            if (!is_before(after_, item.position)) continue;
            auto ready = ready_frame(parts_, what_.tenant, topic, what_.form, item);
            if (!ready) return std::unexpected(ready.error());
            piece.frames.push_back(*std::move(ready));
        }
    }
    return {};
}

Result<LiveReplay::Piece> LiveReplay::next_of_conversation(Offset until) {
    Piece piece;
    const auto entries =
        parts_.history.read_stream(what_.tenant,
                                   stream_of(what_.topic),
                                   next_version_,
                                   {.records = kReplayRecordsMax, .bytes = kReplayBytesMax});
    if (!entries) return std::unexpected(entries.error());
    piece.done = entries->empty();
    for (const auto& entry : *entries) {
        if (entry.offset >= until) {
            piece.done = true;
            break;
        }
        if (auto added = add(entry, piece); !added) return std::unexpected(added.error());
        const auto events = static_cast<std::uint64_t>(opened_.header.events_size());
        next_version_ = Version{record_.has_commit() ? opened_.meta.first_version.value + events
                                                     : next_version_.value + 1};
    }
    return piece;
}

Result<LiveReplay::Piece> LiveReplay::next_of_inbox(Offset until) {
    Piece piece;
    const auto partition = events::partition_of(what_.tenant, parts_.history.partitions());
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < kReplayRecordsMax && bytes < kReplayBytesMax; ++i) {
        const auto offset = parts_.history.offset_of(what_.tenant, next_seq_);
        if (!offset && offset.error().code != Errc::kNotFound) {
            return std::unexpected(offset.error());
        }
        if (!offset || *offset >= until) {
            piece.done = true;
            return piece;
        }
        const auto entries = parts_.log.read(partition, *offset, {.records = 1});
        if (!entries) return std::unexpected(entries.error());
        if (entries->empty() || entries->front().offset != *offset) {
            return fail(Errc::kDamaged, "a commit is not where the index says");
        }
        if (auto added = add(entries->front(), piece); !added) {
            return std::unexpected(added.error());
        }
        bytes += entries->front().frame->size();
        ++next_seq_.value;
    }
    return piece;
}

}  // namespace gateway

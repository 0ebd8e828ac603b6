#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/record.hpp"
#include "gateway/live_feed.hpp"

// What a topic's follower has missed, read from the log in pieces: from a position on, and up to
// where live following began.
namespace gateway {

// More events behind than this are not replayed: the client pages.
inline constexpr std::uint64_t kLiveBehindMax = 1'000;
// Bounds of one piece.
inline constexpr std::size_t kReplayRecordsMax = 128;
inline constexpr std::size_t kReplayBytesMax = std::size_t{128} * 1024;

class LiveReplay {
  public:
    struct For {
        events::TenantId tenant;
        LiveTopic topic;  // durable
        PositionForm form{};
    };
    LiveReplay(const LiveParts& parts, const For& what) : parts_(parts), what_(what) {}

    // Finds where to begin. Once, before next(). All of these read the disk; one call at a time;
    // kDamaged, kStorage, kUnknownSchema; kErased for a conversation that is being erased.
    struct Start {
        LivePosition position;  // frames behind it follow: `after`, or the newest before `until`
        bool gap = false;       // too far behind, or ahead of the log: there is nothing to replay
    };
    events::Result<Start> start(const std::optional<LivePosition>& after, events::Offset until);

    // The next piece of what lies before `until`, which may only grow from call to call.
    struct Piece {
        std::vector<ReadyFrame> frames;
        bool done = false;  // everything before `until` has been given
    };
    events::Result<Piece> next(events::Offset until);

  private:
    events::Result<events::Seq> newest_before(events::Offset until);
    events::Result<Start> start_conversation();
    events::Result<bool> follows(events::Version version, events::Seq seq);
    events::Status add(const events::Entry& entry, Piece& piece);
    events::Result<Piece> next_of_conversation(events::Offset until);
    events::Result<Piece> next_of_inbox(events::Offset until);

    const LiveParts& parts_;
    For what_;
    LivePosition after_;
    events::Version next_version_;  // of a conversation
    events::Seq next_seq_;          // of an inbox
    events::Record record_;
    events::OpenedHeader opened_;
};

}  // namespace gateway

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/conversation/v1/events.pb.h"
#include "parlour/views/v1/rows.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct MessageItem {
    events::Uuid id;
    parlour::conversation::v1::Author author{};
    bool offline = false;  // left for an expert who could not be reached
    std::int64_t time_unix_ms = 0;
    events::Seq seq;
    events::Version version;
    std::optional<events::Personal> text;  // verbatim; nothing when it was erased
};

struct PageRequest {
    events::Version after;  // messages behind this version; 0: from the first
    std::size_t limit = 0;  // 1 to kPageMessagesMax
};
inline constexpr std::size_t kPageMessagesMax = 200;

// How far one side has read, and what it has not: a fold of messages and one marker.
struct ReadState {
    events::Version up_to;     // 0: nothing
    std::uint64_t unread = 0;  // messages of the other side behind that
};

struct ConversationHead {
    events::Uuid visitor;
    events::Uuid expert;
    std::optional<events::Uuid> widget;
    parlour::conversation::v1::Channel channel{};
    bool closed = false;
    std::int64_t opened_unix_ms = 0;
    std::int64_t last_message_unix_ms = 0;  // 0: none yet
    events::Seq last_seq;                   // of the last message, or of the opening
    events::Version last_version;           // of the last event
    std::uint64_t messages = 0;
    parlour::conversation::v1::ConnectionMode mode{};  // unspecified until one is chosen
    ReadState visitor_read;
    ReadState expert_read;
};

struct ConversationPage : ConversationHead {
    std::vector<MessageItem> items;  // oldest first
    bool more = false;               // messages lie behind the last item
    events::Version cursor;  // `after` of the next page: the last item's version, or this page's
};

// Conversations, their messages in order, and the lists that experts and visitors see them in
// (conversation_lists.hpp).
// Rows: 'c' tenant 8 | stream 16 -> ConversationRow
//       'm' tenant 8 | stream 16 | version 8 -> MessageRow, so that a page is one range
//       'o' tenant 8 | expert 16 | ~seq 8 -> stream 16: open ones, the newest message first
//       'x' the same for closed ones
//       'v' tenant 8 | visitor 16 | ~seq 8 -> stream 16 | expert 16 | channel 1: the last opened
//           first
class ConversationView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "conversation"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    // On one thread at a time; the queries below from any.
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Both read the disk. kNotFound for an unknown conversation, kErased for one that is being
    // erased, kDamaged, kStorage.
    events::Result<ConversationHead> find(Store& store,
                                          const events::TenantId& tenant,
                                          const events::StreamId& stream) const;
    // Also kInvalidArgument for a limit out of bounds.
    events::Result<ConversationPage> page(Store& store,
                                          events::KeyRing& keys,
                                          const events::TenantId& tenant,
                                          const events::StreamId& stream,
                                          const PageRequest& request,
                                          std::int64_t now_ms) const;

  private:
    events::Status apply_event(const Committed& committed, int index, Rows& rows);
    void open_conversation(const Committed& committed, Rows& rows);
    void add_message(const Committed& committed, int index, Rows& rows);
    events::Status mark_read(const Committed& committed, Rows& rows);

    // Kept from call to call for their memory.
    parlour::conversation::v1::ConversationEvent event_;
    parlour::views::v1::ConversationRow conversation_;  // of the commit in hand
    parlour::views::v1::MessageRow message_;
};

}  // namespace projections
